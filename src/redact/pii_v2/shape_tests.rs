//! Every kind of secret in every form that the policy promises to find.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::super::RedactionPolicy;

/// Random letters that are the same in every run: drawn, not written, so that nothing here is a secret.
struct Draw(u64);

impl Draw {
    fn from(&mut self, letters: &str, count: usize) -> String {
        let letters = letters.as_bytes();
        (0..count)
            .map(|_| {
                self.0 ^= self.0 << 13;
                self.0 ^= self.0 >> 7;
                self.0 ^= self.0 << 17;
                let index = usize::try_from(self.0 >> 33).unwrap() % letters.len();
                char::from(*letters.get(index).unwrap())
            })
            .collect()
    }

    fn alphanumeric(&mut self, count: usize) -> String {
        self.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", count)
    }

    fn hex(&mut self, count: usize) -> String {
        self.from("0123456789abcdef", count)
    }

    fn digits(&mut self, count: usize) -> String {
        self.from("123456789", count)
    }
}

/// A policy that has learned nothing, so that each shape is found by itself.
fn scrubbed(text: &str) -> String {
    RedactionPolicy::default_pii_v2().scrub(text).into_owned()
}

/// Nothing of the secret longer than this may be left.
fn assert_gone(what: &str, result: &str, secret: &str) {
    assert!(!result.contains(secret), "{what}\n{result}");
    for part in secret.as_bytes().windows(8) {
        let part = std::str::from_utf8(part).unwrap();
        assert!(!result.contains(part), "{what}: {part} is left of it\n{result}");
    }
    assert_eq!(scrubbed(result), result, "{what}: a second look changes it");
}

/// Forms that carry a secret of 24 letters, `§`, or a longer one, `§§`, in a text.
const TEXTS: &[&str] = &[
    "X-Api-Key: §",
    "GET / HTTP/1.1\r\nHost: x\r\nX-Api-Key: §\r\n\r\n",
    "Cookie: sid=§",
    "Cookie: a=1;\r\n sid=§\r\nHost: x",
    "Cookie: a=1;\n\tsid=§; b=2",
    "Set-Cookie: sid=§; Path=/",
    r#""{\"password\":\"§\"}""#,
    r#"{"password":"§"}"#,
    r#"the body was {"password":"§", "user": 1}"#,
    r#"the body was {\"password\":\"§\"} and more"#,
    r#"log: "{\\\"client_secret\\\": \\\"§\\\"}""#,
    r#"{"body":"{\"inner\":\"{\\\"access_token\\\":\\\"§\\\"}\"}"}"#,
    r#"{"user":"ann","password":"§","cut":"he"#,
    r#"{"token":"x1y2z3w4","token":"§"}"#,
    r#"{"token":"§","token":"x1y2z3w4"}"#,
    r#"{"a":{"password":"§"},"a":1}"#,
    "{'password': '§'}",
    "{'user': 'x', 'db_password': b'§'}",
    "Config(host='x', password='§', port=1)",
    "[('X-Api-Key', 'ok'), ('accept', '*')] secret_key='§'",
    "password: §",
    "password:\n  §",
    "password: |\n  §",
    "  db_password: § # local",
    "api_key: §",
    "api-key=§",
    "apikey §",
    "the api key is §.",
    "run --password § now",
    "--password §",
    "--token '§' x",
    "tool --client-secret=§",
    "mysql -uroot -p§ db",
    "x -p§",
    "curl -u user:§ https://x.example",
    "curl --user 'user:§' x",
    "sshpass -p § ssh host",
    "export OPENAI_API_KEY=§",
    "DB_PASSWORD=§",
    "PGPASSWORD=§ psql",
    "password=\"my pass §\"",
    "password='my pass §' next",
    "Authorization: Bearer §",
    "Authorization: token §",
    "authorization: §",
    "Authorization=Bearer §",
    r#"curl -H "Authorization: Bearer §" x"#,
    r#"curl -H 'X-Auth-Token: §' x"#,
    r#"{'Authorization': 'Token §'}"#,
    "Proxy-Authorization: Negotiate §",
    "sent Bearer § to it",
    "Bearer%20§",
    "Authorization%3A%20Bearer%20§",
    r#"Authorization: Digest username="u", realm="r", nonce="n", response="§""#,
    "login failed password=§",
    r"\u0070assword=§",
    r"\u0070assword: §",
    "pass%77ord=§",
    "password%3D§",
    "q=access_token%253D§",
    "https://user:§@host.example/p",
    "https://user:pa/§@host.example/p",
    "postgres://u:§@10.0.0.5/d",
    "redis://:§@localhost:6379",
    "https://k:§@[::1]:9000",
    "see https://host.example/p?access_token=§&x=1",
    "https://host.example/cb?code=§",
    "https://host.example/p?sig=§",
    "https://host.example/p?api_key=§#top",
    "https://host.example/p?password=§&user=ann",
    "https://host.example/p?x=1&token=§",
    "https://host.example/cb#access_token=§&type=x",
    "https://b.s3.example/k?X-Amz-Security-Token=§",
    "https://b.blob.example/k?se=2026-01-01&sig=§%3D",
    "Server=x;Uid=sa;Pwd=§;",
    "Server=x;User Id=sa;Password=§;Encrypt=true",
    "the password is §, ok?",
    "name: X-Api-Key, value: §",
    r#"<input name="password" value="§">"#,
    r#"<add key="ApiKey" value="§" />"#,
    "client.secret = §",
    "accessToken := §",
    "'refresh_token' => '§'",
    "config['secret_key'] = '§'",
    "ｐａｓｓｗｏｒｄ=§",
    "pass\u{200b}word=§",
    "pаssword=§",
    "jdbc:mysql://h/d?user=u&password=§",
    "amqp://guest:§@mq:5672/v",
    "x-csrf-token: §",
    "sessionid=§; other",
    "JSESSIONID=§",
    "https://app.example/reset/§§",
    "the key was §§ ok",
    "token §§",
    r#"Traceback: KeyError: 'x' headers={'X-Api-Key': '§'}"#,
    "MY_SERVICE_TOKEN=§ ./run",
    "aws_secret_access_key = §§",
    "AccountKey=§§==;EndpointSuffix=core",
    "event: error\ndata: {\"api_key\": \"§\"}\n\n",
    "Authorization:Basic QTpTdXBlclNlY3JldDEyMw==",
];

#[test]
fn a_secret_with_a_name_is_found_in_every_notation() {
    let mut draw = Draw(0x2545_F491_4F6C_DD1D);
    for _ in 0..20 {
        let secret = loop {
            let drawn = draw.alphanumeric(24);
            // One in fifteen has hardly a digit; it is told from a word by its name alone.
            if drawn.bytes().filter(u8::is_ascii_digit).count() > 1 {
                break drawn;
            }
        };
        let long = format!("{secret}{}", draw.alphanumeric(19));
        for shape in TEXTS {
            let text = shape.replace("§§", &long).replace('§', &secret);
            assert_ne!(scrubbed(&text), text, "{shape}");
            assert_gone(shape, &scrubbed(&text), &secret);
        }
    }
}

#[test]
fn tokens_of_vendors_are_found_by_themselves_wherever_they_stand() {
    let mut draw = Draw(0x9E37_79B9_7F4A_7C15);
    let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    for _ in 0..40 {
        let bot = format!("{}:{}{}", draw.digits(9), "A", draw.alphanumeric(34));
        let open_ai = format!("sk-{}T3BlbkFJ{}", draw.alphanumeric(20), draw.alphanumeric(20));
        let open_ai_project = format!("sk-proj-{}T3BlbkFJ{}", draw.alphanumeric(74), draw.alphanumeric(74));
        let slack = format!("{}-{}-{}-{}", "xoxb", draw.digits(12), draw.digits(12), draw.alphanumeric(24));
        let hook = format!("T{}/B{}/{}", draw.from(upper, 8), draw.from(upper, 8), draw.alphanumeric(24));
        let azure = format!("{}8Q~{}", draw.alphanumeric(3), draw.alphanumeric(34));
        let grid = format!("SG.{}.{}", draw.alphanumeric(22), draw.alphanumeric(43));
        let head = data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"JWT"}"#);
        let mut part =
            || data_encoding::BASE64URL_NOPAD.encode(format!(r#"{{"sub":"{}"}}"#, draw.alphanumeric(20)).as_bytes());
        let signed = format!("{head}.{}.{}", part(), part());
        let unsigned = format!("{head}.{}.", part());
        let encrypted = format!("{head}.{}.{}.{}.{}", part(), part(), part(), part());
        let mut tokens = vec![bot, open_ai, open_ai_project, slack, azure, grid, signed, unsigned, encrypted];
        tokens.push(format!("https://{}/services/{hook}", "hooks.slack.com"));
        for (prefix, letters, count) in [
            ("AKIA", upper, 16),
            ("ASIA", upper, 16),
            ("ABIA", upper, 16),
            ("ACCA", upper, 16),
            ("SK", "0123456789abcdef", 32),
            ("dapi", "0123456789abcdef", 32),
        ] {
            tokens.push(format!("{prefix}{}", draw.from(letters, count)));
        }
        for (prefix, count) in [
            ("ghp_", 36),
            ("gho_", 36),
            ("ghu_", 36),
            ("ghs_", 36),
            ("ghr_", 36),
            ("github_pat_", 82),
            ("glpat-", 20),
            ("xapp-1-", 40),
            ("xoxp-", 60),
            ("sk_live_", 24),
            ("rk_live_", 24),
            ("sk_test_", 24),
            ("whsec_", 32),
            ("sk-svcacct-", 60),
            ("sk-admin-", 60),
            ("sk-ant-api03-", 95),
            ("sk-ant-admin01-", 95),
            ("AIza", 35),
            ("ya29.", 64),
            ("GOCSPX-", 28),
            ("hf_", 34),
            ("npm_", 36),
            ("pypi-AgEI", 60),
            ("dckr_pat_", 27),
            ("lin_api_", 40),
            ("gsk_", 52),
            ("glsa_", 41),
            ("nvapi-", 64),
            ("xai-", 80),
            ("r8_", 37),
        ] {
            tokens.push(format!("{prefix}{}", draw.alphanumeric(count)));
        }
        for token in &tokens {
            for carrier in [
                "§",
                "401 for key § in prod",
                "\"§\"",
                "a\n§\nb",
                r"a\n§\nb",
                "§, §",
                "(§)",
                "x=§;",
                "<b>§</b>",
                "key:§",
                "_§",
            ] {
                let text = carrier.replace('§', token);
                let secret = token.get(token.len() - 20..).unwrap().trim_end_matches('.');
                assert_gone(&text, &scrubbed(&text), secret);
            }
            // Cut in the middle of what is drawn, at the end of the text and in front of an ellipsis.
            if token.len() > 44 && !token.contains([':', '~', '/']) && !token.starts_with("SG.") {
                for end in ["", "…", "...", "[truncated]"] {
                    let cut = token.get(..token.len() - 8).unwrap();
                    let result = scrubbed(&format!("see {cut}{end}"));
                    assert!(!result.contains(cut.get(cut.len() - 8..).unwrap()), "{cut}{end}: {result}");
                }
            }
        }
    }
}

#[test]
fn encoded_secrets_are_found_two_levels_deep() {
    let mut draw = Draw(0xDA94_2042_E4DD_58B5);
    for _ in 0..30 {
        let secret = draw.alphanumeric(24);
        let token = format!("ghp_{}", draw.alphanumeric(36));
        let pair = format!("password={secret}");
        for (plain, hidden) in [(&pair, &secret), (&token, &token)] {
            let base64 = data_encoding::BASE64.encode(plain.as_bytes());
            let url = data_encoding::BASE64URL_NOPAD.encode(plain.as_bytes());
            let hex = data_encoding::HEXLOWER.encode(plain.as_bytes());
            let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let percent: String = plain.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let escapes: String = plain.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
            let twice = data_encoding::BASE64.encode(base64.as_bytes());
            let mixed = data_encoding::BASE64.encode(percent.as_bytes());
            let long = data_encoding::BASE64
                .encode(format!("{} {plain} {}", "lorem ipsum ".repeat(20), "dolor ".repeat(20)).as_bytes());
            let folded = long.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>();
            let encoded = [
                base64.clone(),
                url,
                hex,
                data_encoding::BASE64.encode(&wide),
                percent.clone(),
                escapes,
                twice,
                mixed,
                long.clone(),
                folded.join("\n"),
                folded.join("\r\n"),
                format!("data:text/plain;base64,{base64}"),
                format!("/cb/{base64}/x"),
                plain.chars().map(|letter| format!("{letter}\0")).collect(),
            ];
            for text in encoded {
                for carrier in ["§", "it said § twice", "{\"x\": \"§\"", "u=https://h.example/?a=1&b=§"] {
                    let text = carrier.replace('§', &text);
                    let result = scrubbed(&text);
                    assert!(result.contains("***REDACTED:"), "{text}\n{result}");
                    for form in [&base64, &percent, hidden, &long] {
                        assert!(!result.contains(form.get(form.len() - 14..).unwrap()), "{text}\n{result}");
                    }
                    assert_eq!(scrubbed(&result), result);
                }
            }
        }
        let basic = data_encoding::BASE64.encode(format!("u:{secret}").as_bytes());
        for carrier in [
            "Authorization: Basic §",
            "sent Basic § there",
            "Proxy-Authorization: Basic §",
            r#"{"authorization": "Basic §"}"#,
        ] {
            assert_gone(carrier, &scrubbed(&carrier.replace('§', &basic)), &basic);
        }
    }
}

#[test]
fn private_keys_are_found_whole_cut_and_in_disguise() {
    let mut draw = Draw(0x94D0_49BB_1331_11EB);
    let body: Vec<String> = (0..12).map(|_| draw.alphanumeric(64)).collect();
    let dashes = "-----";
    for kind in [
        "RSA PRIVATE KEY",
        "PRIVATE KEY",
        "EC PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
    ] {
        for ending in ["\n", "\r\n", "\\n", "\\r\\n", "\n    ", "\\\\n"] {
            let whole =
                format!("{dashes}BEGIN {kind}{dashes}{ending}{}{ending}{dashes}END {kind}{dashes}", body.join(ending));
            let headless = whole.get(60..).unwrap();
            let endless = whole.get(..whole.len() - 60).unwrap();
            for (text, left) in [
                (format!("before {whole} after"), "after"),
                (format!("\"{whole}\", after"), "after"),
                (format!("before {endless}"), "before"),
                (format!("{headless} after"), "after"),
            ] {
                let result = scrubbed(&text);
                assert!(result.contains(left), "{kind} {ending:?} {result}");
                for line in body.iter().skip(2) {
                    assert_gone(kind, &result, line);
                }
            }
        }
    }
    let putty = format!(
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\n{}\nPrivate-MAC: {}\nafter",
        body.join("\n"),
        draw.hex(64)
    );
    assert_eq!(scrubbed(&putty), "***REDACTED:private_key***\nafter");
    let der = [&[0x30, 0x82, 0x04, 0xA4, 0x02, 0x01, 0x00, 0x30, 0x0D][..], draw.alphanumeric(200).as_bytes()].concat();
    let archive = [&[0x30, 0x82, 0x09, 0xA4, 0x02, 0x01, 0x03, 0x30][..], draw.alphanumeric(200).as_bytes()].concat();
    let certificate =
        [&[0x30, 0x82, 0x04, 0xA4, 0x30, 0x82, 0x03, 0x8C][..], draw.alphanumeric(200).as_bytes()].concat();
    for (bytes, is_kept) in [(der, false), (archive, false), (certificate, true)] {
        let text = format!("store {} end", data_encoding::BASE64.encode(&bytes));
        assert_eq!(scrubbed(&text) == text, is_kept, "{text}");
    }
}
