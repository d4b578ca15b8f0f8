use serde_json::{Value, json};

use super::verify::{Unverified, verifies_hmac};
use super::{Alg, Algs, document, keys, names};

/// The examples of the standards: RFC 7515, appendixes A.2 and A.3, and RFC 8037, appendix A. Those of P-384 and P-521 are made
/// by OpenSSL.
const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const RSA_SIGNED: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const P256_SIGNED: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const P521_SIGNED: &str = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AMMHdzW6UlgScFERY0XAlT284ziUNdywx-QX-hZws2bMeqMmsftdL97ewZqbqWZcq6pr6aUuG2wLJTy2uNu7Tqc2AMrTzQg34IT7u7PrvFn8zie5F6s719zqAqiwUjaLwyGjDpAZKmW7VChSD1zgTGP_QK9pPqR1lzx-OGHuIXruXv2l";
const P384_SIGNED: &str = "eyJhbGciOiJFUzM4NCJ9.UGF5bG9hZA.80zDAPuD2ShZYXhVPa5QkPk2UcgMapiaJ4Zt_O0bm99Ffo2nveDsmy9Gs6FfKJu3m5aty1OGkFYUnC2QJgtkfGf0B5i_l26t_fFdzAMniP1_xQGzC-jwSF-vty1BworL";
const ED_SIGNED: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

fn one(key: Value) -> super::Jwk {
    keys(&json!({ "keys": [key] })).expect("a set").pop().expect("a key")
}

#[test]
fn the_signatures_of_the_standards_are_verified() {
    let p256 = json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
    let p521 = json!({"kty": "EC", "crv": "P-521",
        "x": "AaEoUMk775F1cQFReEoU5kcEeFU1x1qm732_2TaWKynihGd0dIwr_oWEC9fy4soYchxVf-PRuwZ6m0BoTSwLpRPA",
        "y": "AV_lfPPH7mHldE-QYkLbfaS-tk-XNbIxnNP8iJ5zlHxDaZ7wJafP-4Ny04j45XAEMTs9czn3W7jU5jRQzk_-vCVo"});
    let p384 = json!({"kty": "EC", "crv": "P-384", "x": "rHSe6dyVrj9lmfuAibkNUTAabPjb3PI06P-hbDWUWaZOlKoQ9xM6elnOjKhzCzH9",
        "y": "UZJA90kSli6VXjhDHVnp_mlXOUILMYaMUgZtRvTcbMg-ZbU8_E17kd2C0e4Rt5Cb"});
    let ed = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let rsa = json!({"kty": "RSA", "n": RSA_N, "e": "AQAB"});
    for (key, alg, token) in [
        (rsa, Alg::Rs256, RSA_SIGNED),
        (p256, Alg::Es256, P256_SIGNED),
        (p384, Alg::Es384, P384_SIGNED),
        (p521, Alg::Es512, P521_SIGNED),
        (ed.clone(), Alg::EdDsa, ED_SIGNED),
        (ed, Alg::Ed25519, ED_SIGNED),
    ] {
        let key = one(key);
        assert!(key.algs.contains(&alg) && key.oddities.is_empty(), "{alg:?} {key:?}");
        let (signed, signature) = token.rsplit_once('.').expect("a token");
        let mut signature = data_encoding::BASE64URL_NOPAD.decode(signature.as_bytes()).expect("base64url");
        assert_eq!(key.verify(alg, signed.as_bytes(), &signature), Ok(()), "{alg:?}");
        assert_eq!(key.verify(alg, &signed.as_bytes()[1..], &signature), Err(Unverified::Wrong), "{alg:?}");
        signature[5] ^= 1;
        assert_eq!(key.verify(alg, signed.as_bytes(), &signature), Err(Unverified::Wrong), "{alg:?}");
        assert_eq!(key.verify(alg, signed.as_bytes(), &[]), Err(Unverified::Wrong), "{alg:?}");
    }
    // RFC 7515, appendix A.1.
    let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let key = data_encoding::BASE64URL_NOPAD.decode(key.as_bytes()).expect("base64url");
    let signed = b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = data_encoding::BASE64URL_NOPAD.decode(b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    let signature = signature.expect("base64url");
    assert!(verifies_hmac(Alg::Hs256, &key, signed, &signature));
    assert!(!verifies_hmac(Alg::Hs512, &key, signed, &signature));
}

#[test]
fn what_a_key_is_for() {
    let ed = |more: Value| {
        let mut key = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        key.as_object_mut().expect("a key").extend(more.as_object().expect("members").clone());
        key
    };
    for (key, algs, odd) in [
        (ed(json!({})), "EdDSA, Ed25519", false),
        (ed(json!({"alg": "EdDSA", "use": "sig", "key_ops": ["verify"]})), "EdDSA", false),
        (ed(json!({"use": "enc"})), "", false),
        (ed(json!({"key_ops": ["encrypt"]})), "", false),
        (ed(json!({"use": "both"})), "", true),
        (ed(json!({"alg": "ES256"})), "", true),
        (ed(json!({"crv": "X25519"})), "", false),
        (ed(json!({"x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR+="})), "", true),
        (json!({"kty": "EC", "crv": "P-256", "x": "AA"}), "", true),
        (json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}), "", true),
        (json!({"kty": "RSA", "n": RSA_N, "e": "AQAB", "alg": "RSA-OAEP-256"}), "", false),
        (json!({"kty": "RSA", "n": RSA_N, "e": "AQAB", "alg": "PS512"}), "PS512", false),
        (json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "alg": "RS256"}), "RS256", true),
    ] {
        let read = one(key.clone());
        assert_eq!((names(&read.algs).as_str(), read.oddities.is_empty()), (algs, !odd), "{key} {:?}", read.oddities);
    }
    let short = one(json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}));
    assert_eq!(short.verify(Alg::Rs256, b"x", b"x"), Err(Unverified::Unknown));
}

#[test]
fn what_is_no_set_is_none() {
    assert!(document(b"").is_none() && document(b"<html>").is_none());
    assert!(document("[0,".repeat(9_000).as_bytes()).is_none());
    for text in ["[]", "{}", "{\"keys\":1}", "{\"keys\":null}", "7"] {
        assert!(keys(&document(text.as_bytes()).expect("JSON")).is_none(), "{text}");
    }
    let ignored = json!({"keys": [1, {}, {"kty": 7}, {"kty": "AKP"}, {"kty": "okp"}]});
    assert_eq!(keys(&ignored).map(|all| all.len()), Some(0));
    let many: Vec<Value> = (0..1_000).map(|_| json!({"kty": "oct", "k": "AA"})).collect();
    assert_eq!(keys(&json!({ "keys": many })).map(|all| all.len()), Some(100));
    assert!("EdDSA, RS256".parse::<Algs>().is_ok() && "eddsa".parse::<Algs>().is_err() && "".parse::<Algs>().is_err());
}
