//! The words that turn a harmless name into that of a secret, or the other way round.

/// Words behind a name that leave its meaning as it is.
pub(super) const QUALIFIERS: &[&str] = &[
    "value", "text", "string", "str", "plain", "plaintext", "raw", "hash", "hashed", "confirm", "confirmation", "confirmed",
    "again", "repeat", "repeated", "verify", "old", "new", "current", "prev", "previous", "base64", "b64", "encoded",
    "encrypted", "enc", "header", "env", "base", "data", "bytes", "in", "s",
];

/// What the name of a password ends with, in the languages that forms are written in.
pub(super) const PASSWORD_ENDS: &[&str] = &[
    "password", "passwd", "passphrase", "passcode", "passwort", "kennwort", "contrasena", "contraseña", "senha", "motdepasse",
    "dbpwd", "userpwd",
];

/// Whose `pass` is a password; by itself it is the result of a test.
pub(super) const SHORT_PASSWORD_OWNERS: &[&str] = &[
    "db", "database", "user", "smtp", "ftp", "admin", "root", "mysql", "pg", "postgres", "redis", "mongo", "rabbitmq", "mail",
    "email", "proxy", "http", "basic", "auth", "login", "my", "ssh", "imap", "ldap", "wifi",
];

/// Whose token is none of a login: positions in a list, and tokens of language models.
pub(super) const BENIGN_BEFORE_TOKEN: &[&str] = &[
    "page", "next", "continuation", "cursor", "sync", "eos", "bos", "pad", "unk", "sep", "cls", "mask", "stop", "special",
    "start", "end", "first", "last", "max", "min", "per", "each", "invalid", "unexpected", "unknown", "total", "input",
    "output", "prompt", "completion", "cached", "reasoning", "thinking", "image", "audio", "vocab", "syntax", "lexer",
    "keyword", "design", "color", "string", "word", "prev", "previous", "cancellation", "cancel", "resume", "top",
];

/// Whose tokens, in the plural, are credentials; otherwise they are counted.
pub(super) const PLURAL_TOKEN_OWNERS: &[&str] =
    &["access", "auth", "refresh", "api", "bearer", "session", "secret", "csrf", "device", "push", "oauth", "personal"];

/// Whose key opens something.
pub(super) const KEY_OWNERS: &[&str] = &[
    "access", "signing", "encryption", "encrypt", "decryption", "decrypt", "master", "account", "shared", "license",
    "licence", "service", "deploy", "deployment", "auth", "client", "webhook", "storage", "server", "session", "app",
    "application", "ssh", "pgp", "gpg", "rsa", "hmac", "crypto", "admin", "root", "subscription", "ingest", "ingestion",
    "consumer", "developer", "integration", "bot", "functions", "host", "activation", "instrumentation", "aes", "jwt",
    "accountaccess", "sharedaccess", "symmetric", "wallet", "vault", "unseal",
];

/// Whose key finds something.
pub(super) const BENIGN_BEFORE_KEY: &[&str] = &[
    "public", "primary", "foreign", "sort", "cache", "partition", "object", "idempotency", "hot", "short", "row", "routing",
    "range", "dedup", "dedupe", "i18n", "translation", "lookup", "index", "map", "group", "press", "unique", "composite",
    "natural", "surrogate", "config", "setting", "property", "field", "column", "issue", "project", "metric", "event",
    "message", "item", "react", "json", "dict", "param", "query", "hash", "s3", "bucket", "file", "path", "ui", "input",
    "arrow", "enter", "tab", "escape", "modifier", "meta", "shift", "ctrl", "control", "alt", "function", "which", "no",
    "any", "the", "this", "is", "has", "by", "missing", "invalid", "non", "locale", "label", "tag", "attribute", "attr",
    "resource", "entity", "record", "document", "doc", "state", "store", "feature", "flag", "lock", "task", "job", "step",
    "run", "trace", "span", "mon", "tur", "don", "hoc", "joc", "whis", "key", "block", "row", "cell", "node", "result",
    "answer", "parent", "child", "user", "team", "org", "host_public", "verify", "verification",
];

/// Whose code is used once.
pub(super) const CODE_OWNERS: &[&str] = &[
    "verification", "security", "otp", "mfa", "tfa", "2fa", "twofactor", "factor", "auth", "authorization", "onetime",
    "passcode", "recovery", "backup", "sms", "confirmation", "login", "pin",
];

/// Words near which a random text is taken for a secret.
pub(super) const NEAR_WORDS: &[&str] =
    &["key", "keys", "secret", "secrets", "token", "tokens", "apikey", "password", "passwd", "passphrase", "credential", "credentials", "bearer"];

/// Words that say that a text near them is a digest or an id.
pub(super) const DIGEST_WORDS: &[&str] = &[
    "sha", "sha1", "sha256", "sha512", "md5", "digest", "commit", "hash", "checksum", "revision", "etag", "uuid", "fingerprint",
    "signature", "blake3", "git", "public",
];

/// Path segments in front of which stands what may be used once, by anyone.
pub(super) const MAGIC_SEGMENTS: &[&str] = &[
    "reset", "reset-password", "password-reset", "reset_password", "magic", "magic-link", "verify", "verify-email", "confirm",
    "activate", "invite", "invitation", "unsubscribe", "login", "token",
];

/// Words that follow "bearer" in prose.
pub(super) const AFTER_BEARER: &[&str] = &[
    "of", "in", "for", "to", "the", "a", "an", "and", "or", "is", "was", "with", "that", "this", "on", "by", "at", "from",
    "has", "who", "must", "shall", "may", "can", "will", "as", "are", "token", "tokens", "auth", "authentication",
    "authorization", "scheme", "bond", "bonds", "share", "shares", "cheque", "instrument", "instruments", "format", "header",
    "headers", "credentials", "realm", "type", "security", "news", "not", "only", "if", "but",
];
