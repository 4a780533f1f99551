//! How fast text is redacted: both policies over ordinary text, against a plain copy and a search for one byte in the same
//! run, and over hostile texts of 10 MiB, which must take time by their length alone.
#![allow(clippy::print_stdout)]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};
use tracing_augur::{
    record::{Value, parse},
    redact::RedactionPolicy,
};

const MIB: usize = 1024 * 1024;

/// How often each is measured; the best counts.
const ROUNDS: usize = 5;

fn best(mut work: impl FnMut()) -> Duration {
    let once = |_| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    (0..ROUNDS).map(once).min().unwrap_or_default()
}

fn megabytes_per_second(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}

/// What agents write: sentences, logs, addresses, JSON, code, ids.
fn ordinary() -> Vec<String> {
    let parts = [
        "The page shows a list of 24 products. I will click on the third one, because its price is below the limit of 30.50, \
         and then look for the button that adds it to the cart. ",
        "2026-01-31T12:00:00.123456Z INFO checkout::cart: added item sku-1042 quantity=2 total=61.00 in 35 ms ",
        "https://shop.example/products/blue-shoes?page=2&sort=price#reviews and /usr/share/doc/readme.md:120:17 ",
        "{\"type\": \"click\", \"x\": 412, \"y\": 230, \"label\": \"Add to cart\", \"confidence\": 0.97, \"id\": \"node-17\"} ",
        "fn total(items: &[Item]) -> f64 { items.iter().map(|item| item.price * f64::from(item.count)).sum() } ",
        "run 123e4567-e89b-12d3-a456-426614174000, commit 9a0567bf3e2d1c0b9a8f7e6d5c4b3a2918070605, step 0042 of 0100. ",
    ];
    // Messages of about 6 KB, as model calls have them.
    (0..1024).map(|index| parts.iter().cycle().skip(index % 6).take(48).copied().collect()).collect()
}

fn hostile() -> Vec<(&'static str, String)> {
    let of = |part: &str| part.repeat(10 * MIB / part.len());
    vec![
        ("a", of("a")),
        ("-----BEGIN", of("-----BEGIN ")),
        ("PRIVATE KEY-----", of("-----BEGIN PRIVATE KEY-----")),
        ("eyJ", of("eyJ")),
        ("eyJ.", of("eyJa.")),
        ("{", of("{")),
        ("{\"", of("{\"")),
        ("[{\"a\":", of("[{\"a\":")),
        ("\\\"", of("\\\"")),
        ("%25", of("%25")),
        ("\\u0041", of("\\u0041")),
        ("\\u{41}", of("\\u{41}")),
        ("password=", of("password=")),
        ("password: \"", of("password: \"")),
        ("token ", of("token ")),
        ("cookie:", of("cookie: ")),
        ("://a:", of("://a:")),
        ("@", of("a@")),
        ("digits", of("4111111111111111 ")),
        ("+", of("+1")),
        ("sk-", of("sk-")),
        ("ghp_", of("ghp_a1")),
        ("base64", of("cGFzc3dvcmQ9")),
        ("hex", of("70617373")),
        ("NUL", of("p\0")),
        ("letters of Europe", of("äöü ")),
    ]
}

fn main() {
    let (one, two) = (RedactionPolicy::default_pii_v1(), RedactionPolicy::default_pii_v2());
    let texts = ordinary();
    let bytes: usize = texts.iter().map(String::len).sum();
    let speed = |work: &dyn Fn(&str)| megabytes_per_second(bytes, best(|| texts.iter().for_each(|text| work(text))));
    let copied = speed(&|text| drop(black_box(text.to_owned())));
    let searched = speed(&|text| {
        black_box(memchr::memchr(0, black_box(text.as_bytes())));
    });
    let first = speed(&|text| drop(black_box(one.scrub(black_box(text)))));
    let second = speed(&|text| drop(black_box(two.scrub(black_box(text)))));
    let taught = two.to_builder().build();
    let mut secret = Value::Object([("password".to_owned(), "x7Kd02mXq7Lp3Zt9".into())].into());
    taught.redact(&mut secret);
    let third = speed(&|text| drop(black_box(taught.scrub(black_box(text)))));
    println!(
        "ordinary text, {:.1} MB in texts of {:.1} KB",
        bytes as f64 / 1e6,
        bytes as f64 / 1e3 / texts.len() as f64
    );
    println!("  copy                 {copied:>9.0} MB/s");
    println!("  memchr               {searched:>9.0} MB/s");
    for (name, speed, goal) in
        [("default-pii-v1", first, 200.0), ("default-pii-v2", second, 60.0), ("default-pii-v2 taught", third, 60.0)]
    {
        let verdict = if speed >= goal { "ok" } else { "TOO SLOW" };
        println!("  {name:<21}{speed:>8.0} MB/s   {:.4} of a copy, goal {goal} MB/s: {verdict}", speed / copied);
    }
    let json = format!(
        "[{}]",
        vec![r#"{"role": "user", "content": "click the third item", "index": 17, "tags": ["a", "b"]}"#; 20_000]
            .join(",")
    );
    if let Ok(value) = parse(json.as_bytes()) {
        let walked = best(|| {
            let mut value = value.clone();
            black_box(two.redact(&mut value));
        });
        println!(
            "  default-pii-v2 records{:>7.0} MB/s of JSON, with a copy of them",
            megabytes_per_second(json.len(), walked)
        );
    }
    println!("hostile texts of 10 MiB, goal 1 s, and how much longer than half of it");
    for (name, text) in hostile() {
        let half = text.get(..text.len() / 2).unwrap_or(&text);
        for (policy, version) in [(&one, "v1"), (&two, "v2")] {
            let time = |text: &str| {
                let policy = policy.to_builder().build();
                let begun = Instant::now();
                drop(black_box(policy.scrub(text)));
                begun.elapsed()
            };
            let (whole, half) = (time(&text), time(half));
            let verdict = if whole <= Duration::from_secs(1) { "ok" } else { "TOO SLOW" };
            println!(
                "  {version} {name:<18} {:>7.0} ms   ×{:.1}  {verdict}",
                whole.as_secs_f64() * 1e3,
                whole.as_secs_f64() / half.as_secs_f64()
            );
        }
    }
}
