use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
    response::Response,
    routing::get,
};
use fabric_core::{Actor, ActorId, Role, TenantId};
use fabric_runtime::clock::Clock;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::config::Config;

const HOUR: Duration = Duration::from_hours(1);
const NOW_S: i64 = 1_788_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW_S).unwrap()
}

fn key(byte: &str) -> SigningKey {
    SigningKey::from_hex(&byte.repeat(32)).unwrap()
}

fn tokens(byte: &str) -> Tokens {
    Tokens::new(key(byte), 24 * HOUR)
}

fn teacher() -> Identity {
    Identity {
        tenant: TenantId::try_new("district-1").unwrap(),
        actor: Actor { id: ActorId::try_new("t-7").unwrap(), role: Role::try_new("teacher").unwrap() },
    }
}

/// Claims that are fine, with some of them changed; null takes one away.
fn claims(changes: &Value) -> Value {
    let mut claims = json!({
        "iss": "fabric", "sub": "t-7", "tenant": "district-1", "role": "teacher", "iat": NOW_S, "exp": NOW_S + 60,
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    claims
}

/// A token with any header and claims, rightly signed with HS256.
fn signed(header: &Value, claims: &Value) -> String {
    let key = key("5e");
    let encode = |part: &Value| base64url(part.to_string().as_bytes());
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key.encoding, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    bits.chunks(6)
        .map(|six| six.iter().chain([0; 6].iter()).take(6).fold(0, |sum, bit| sum << 1 | usize::from(*bit)))
        .map(|digit| char::from(DIGITS[digit]))
        .collect()
}

#[test]
fn what_is_minted_is_valid_until_it_expires() {
    let token = tokens("5e").mint(&teacher(), HOUR, now()).unwrap();
    let after = |seconds: i64| tokens("5e").verify(&token, Timestamp::from_second(NOW_S + seconds).unwrap());
    for seconds in [-60, 0, 3_599] {
        assert_eq!(after(seconds), Ok(teacher()), "{seconds}");
    }
    assert_eq!(after(3_600), Err(TokenError::Expired));
    assert_eq!(after(-61), Err(TokenError::NotYetValid));
}

/// The example of RFC 7515, appendix A.1: others' implementations agree with ours on what HS256 is.
#[test]
fn signatures_are_those_of_the_standard() {
    let hex = "0323354b2b0fa5bc837e0665777ba68f5ab328e6f054c928a90f84b2d2502ebfd3fb5a92d20647ef968ab4c377623d223d2e2172052e4f08c0cd9a\
               f567d080a3";
    let key = SigningKey::from_hex(hex).unwrap();
    let message = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
                   eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key.encoding, Algorithm::HS256).unwrap();
    assert_eq!(signature, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

#[test]
fn only_lifetimes_within_the_limit_are_minted() {
    let refused = Err(MintError::Lifetime { lifetime_max: 24 * HOUR });
    for lifetime in [Duration::ZERO, Duration::from_millis(999), 24 * HOUR + Duration::from_secs(1), Duration::MAX] {
        assert_eq!(tokens("5e").mint(&teacher(), lifetime, now()), refused, "{lifetime:?}");
    }
    for lifetime in [Duration::from_secs(1), 24 * HOUR] {
        let token = tokens("5e").mint(&teacher(), lifetime, now()).unwrap();
        assert_eq!(tokens("5e").verify(&token, now()), Ok(teacher()), "{lifetime:?}");
    }
}

#[test]
fn claims_must_be_there_and_right() {
    use TokenError::{Expired, InvalidClaim, LifetimeTooLong, MissingClaim, NotYetValid};
    let table = [
        (json!({}), Ok(teacher())),
        (json!({ "extra": { "deep": [1] } }), Ok(teacher())),
        (json!({ "iss": null }), Err(MissingClaim("iss"))),
        (json!({ "sub": null }), Err(MissingClaim("sub"))),
        (json!({ "tenant": null }), Err(MissingClaim("tenant"))),
        (json!({ "role": null }), Err(MissingClaim("role"))),
        (json!({ "iat": null }), Err(MissingClaim("iat"))),
        (json!({ "exp": null }), Err(MissingClaim("exp"))),
        (json!({ "iss": "somebody" }), Err(InvalidClaim("iss"))),
        (json!({ "iss": ["fabric"] }), Err(InvalidClaim("iss"))),
        (json!({ "aud": "another service" }), Err(InvalidClaim("aud"))),
        (json!({ "sub": "" }), Err(InvalidClaim("sub"))),
        (json!({ "sub": 7 }), Err(InvalidClaim("sub"))),
        (json!({ "tenant": "a/b" }), Err(InvalidClaim("tenant"))),
        (json!({ "role": "Teacher" }), Err(InvalidClaim("role"))),
        (json!({ "role": ["teacher"] }), Err(InvalidClaim("role"))),
        (json!({ "exp": NOW_S }), Err(Expired)),
        (json!({ "exp": NOW_S - 1 }), Err(Expired)),
        (json!({ "exp": "tomorrow" }), Err(InvalidClaim("exp"))),
        (json!({ "exp": 1.5e300 }), Err(InvalidClaim("exp"))),
        (json!({ "exp": -1 }), Err(InvalidClaim("exp"))),
        (json!({ "exp": u64::MAX }), Err(InvalidClaim("exp"))),
        (json!({ "exp": i64::MAX }), Err(LifetimeTooLong)),
        (json!({ "exp": NOW_S + 86_400 }), Ok(teacher())),
        (json!({ "exp": NOW_S + 86_401 }), Err(LifetimeTooLong)),
        (json!({ "iat": 0 }), Err(LifetimeTooLong)),
        (json!({ "iat": NOW_S + 59 }), Ok(teacher())),
        (json!({ "iat": NOW_S + 61, "exp": NOW_S + 99 }), Err(NotYetValid)),
        (json!({ "iat": NOW_S + 50, "exp": NOW_S + 40 }), Err(InvalidClaim("exp"))),
        (json!({ "nbf": NOW_S + 61 }), Err(NotYetValid)),
        (json!({ "nbf": NOW_S - 5 }), Ok(teacher())),
        (json!({ "nbf": "now" }), Err(InvalidClaim("nbf"))),
    ];
    for (changes, wanted) in table {
        let token = signed(&json!({ "alg": "HS256", "typ": "JWT" }), &claims(&changes));
        assert_eq!(tokens("5e").verify(&token, now()), wanted, "{changes}");
    }
}

#[test]
fn only_hs256_with_our_key_is_believed() {
    let fine = claims(&json!({}));
    let token = tokens("5e").mint(&teacher(), HOUR, now()).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = message.split_once('.').unwrap();
    let payload_of_another = signed(&json!({ "alg": "HS256" }), &claims(&json!({ "tenant": "district-2" })));
    let payload_of_another = payload_of_another.split('.').nth(1).unwrap();
    let other_bit = if signature.starts_with('A') { "B" } else { "A" };
    let table = [
        (tokens("77").mint(&teacher(), HOUR, now()).unwrap(), TokenError::Signature),
        (format!("{header}.{payload_of_another}.{signature}"), TokenError::Signature),
        (format!("{message}.{other_bit}{}", &signature[1..]), TokenError::Signature),
        (format!("{message}.{}", &signature[..20]), TokenError::Signature),
        (format!("{message}."), TokenError::Signature),
        (format!("{message}.not base64"), TokenError::Malformed),
        (signed(&json!({ "alg": "none" }), &fine), TokenError::Algorithm),
        (format!("{}.{payload}.", base64url(br#"{"alg":"none"}"#)), TokenError::Algorithm),
        (format!("{}.{payload}.", base64url(br#"{"alg":"None"}"#)), TokenError::Algorithm),
        (signed(&json!({ "alg": "HS384" }), &fine), TokenError::Algorithm),
        (signed(&json!({ "alg": "RS256" }), &fine), TokenError::Algorithm),
        (signed(&json!({ "typ": "JWT" }), &fine), TokenError::Algorithm),
        (signed(&json!({ "alg": "HS256", "crit": ["b64"], "b64": false }), &fine), TokenError::Algorithm),
        (signed(&json!([]), &fine), TokenError::Algorithm),
        (signed(&json!({ "alg": "HS256" }), &json!(["not", "claims"])), TokenError::Malformed),
        (signed(&json!({ "alg": "HS256" }), &claims(&json!({ "x": "x".repeat(4_096) }))), TokenError::Malformed),
        (format!("{token}.{token}"), TokenError::Malformed),
        (message.to_owned(), TokenError::Malformed),
        (String::new(), TokenError::Malformed),
        ("…".to_owned(), TokenError::Malformed),
        ("a.b.c".to_owned(), TokenError::Algorithm),
        ("..".to_owned(), TokenError::Algorithm),
    ];
    for (token, wanted) in table {
        assert_eq!(tokens("5e").verify(&token, now()), Err(wanted), "{token}");
    }
}

#[test]
fn a_token_of_the_library_is_like_one_of_ours() {
    let key = key("5e");
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(&json!({})), &key.encoding).unwrap();
    assert_eq!(tokens("5e").verify(&token, now()), Ok(teacher()));
}

#[test]
fn a_key_is_made_once_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/new/auth.key");
    assert!(matches!(SigningKey::load(&path), Err(KeyError::File { .. })));
    // Many at once get the same key.
    let keys: Vec<_> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..8).map(|_| scope.spawn(|| SigningKey::load_or_create(&path).unwrap())).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let digits = fs::read_to_string(&path).unwrap();
    assert_eq!((digits.len(), digits.chars().all(|c| c.is_ascii_hexdigit())), (64, true));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left behind");
    assert!(keys.iter().all(|key| key.encoding.as_bytes() == keys[0].encoding.as_bytes()));
    assert!(keys[0].encoding.as_bytes().iter().any(|byte| *byte != 0));

    let other = folder.path().join("other.key");
    assert_ne!(SigningKey::load_or_create(&other).unwrap().encoding.as_bytes(), keys[0].encoding.as_bytes());
}

#[test]
fn key_files_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.key");
    let (good, long) = ("0aB9".repeat(16), "ab".repeat(512));
    let table = [
        (good.as_str(), 0o600, "ok"),
        (good.as_str(), 0o400, "ok"),
        (&format!("\n {good}\n"), 0o600, "ok"),
        (&long, 0o600, "ok"),
        // As containers have their secrets: nobody can write it.
        (&good, 0o444, "ok"),
        (&good, 0o440, "ok"),
        (&good, 0o644, "open"),
        (&good, 0o640, "open"),
        (&good, 0o602, "open"),
        (&good[1..], 0o600, "not a key"),
        (&good[2..], 0o600, "not a key"),
        (&format!("{good}0"), 0o600, "not a key"),
        (&format!("{long}00"), 0o600, "not a key"),
        (&format!("{good} {good}"), 0o600, "not a key"),
        (&"CANARYxx".repeat(16), 0o600, "not a key"),
        ("", 0o600, "not a key"),
    ];
    for (text, mode, wanted) in table {
        let _ = fs::remove_file(&path);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let loaded = SigningKey::load_or_create(&path);
        let found = match &loaded {
            Ok(_) => "ok",
            Err(KeyError::Open { .. }) => "open",
            Err(KeyError::NotAKey { .. }) => "not a key",
            Err(_) => "other",
        };
        assert_eq!(found, wanted, "{text} {mode:o}");
        let shown = loaded.map_or_else(|error| format!("{error} {error:?}"), |key| format!("{key:?}"));
        assert!(text.is_empty() || !shown.contains(text) && !shown.contains("CANARY"), "{shown}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "a file that is there is never changed");
    }
}

#[test]
fn only_the_key_in_the_data_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let load = |name: &str, path: &Path| {
        let environment = [(name.to_owned(), path.display().to_string())];
        SigningKey::for_config(&Config::load(None, environment).unwrap())
    };
    let named = folder.path().join("named.key");
    assert!(matches!(load("FABRIC__AUTH__KEY_FILE", &named), Err(KeyError::File { .. })));
    assert!(!named.exists());
    assert!(load("FABRIC__DATA__FOLDER", folder.path()).is_ok());
    assert!(folder.path().join("auth.key").exists());
}

async fn ask(router: Router, authorization: &[&str]) -> Response {
    let request =
        authorization.iter().fold(Request::get("/me"), |request, value| request.header(header::AUTHORIZATION, *value));
    router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn body(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), 4_096).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn handlers_get_an_identity_or_are_not_called() {
    let who = |identity: Identity| async move { format!("{}@{}", identity.actor.id, identity.tenant) };
    let bare = Router::new().route("/me", get(who));
    let router = bare.clone().layer(Extension(Verifier::new(tokens("5e"), Clock::starting_at(now()))));
    let token = tokens("5e").mint(&teacher(), HOUR, now()).unwrap();
    let foreign = tokens("77").mint(&teacher(), HOUR, now()).unwrap();
    let expired = tokens("5e").mint(&teacher(), HOUR, Timestamp::from_second(NOW_S - 9_999).unwrap()).unwrap();

    for scheme in ["Bearer", "bearer", "BEARER "] {
        let response = ask(router.clone(), &[&format!("{scheme} {token}")]).await;
        assert_eq!(response.status(), StatusCode::OK, "{scheme}");
        assert_eq!(body(response).await, "t-7@district-1");
    }

    let (none, invalid) = ("Bearer", "Bearer error=\"invalid_token\"");
    let no_token = "the request needs one header `Authorization: Bearer TOKEN`";
    let table: [(&[&str], &str, &str); 8] = [
        (&[], none, no_token),
        (&["Bearer"], none, no_token),
        (&["Bearer  "], none, no_token),
        (&[&format!("Basic {token}")], none, no_token),
        (&[&format!("Bearer {token}"), &format!("Bearer {foreign}")], none, no_token),
        (&["Bearer x"], invalid, "the token is not a JSON Web Token"),
        (&[&format!("Bearer {foreign}")], invalid, "the token's signature is wrong"),
        (&[&format!("Bearer {expired}")], invalid, "the token has expired"),
    ];
    for (authorization, challenge, message) in table {
        let response = ask(router.clone(), authorization).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{authorization:?}");
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], challenge, "{authorization:?}");
        let problem: Value = serde_json::from_str(&body(response).await).unwrap();
        let expected = json!({ "title": "Unauthorized", "status": 401, "code": "unauthenticated", "detail": message });
        assert_eq!(problem, expected);
    }

    let response = ask(bare, &[&format!("Bearer {token}")]).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!response.headers().contains_key(header::WWW_AUTHENTICATE));
}
