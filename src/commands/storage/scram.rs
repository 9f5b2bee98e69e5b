//! `--add-scram`: credentials of users that exist from the first start on (`ScramParser`).
//!
//! ```text
//! SCRAM-SHA-256=[name=alice,password=secret,iterations=8192,salt="base64"]
//! SCRAM-SHA-512=[name=alice,saltedpassword="base64",salt="base64"]
//! ```
//!
//! What is kept of a password is what RFC 5802 has a server keep: two keys, the salt, the count.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256, Sha512};

use crate::cli::CommandError;
use crate::metadata::record::UserScramCredential;
use crate::record::fields::Blob;
use crate::rng::Rng;

/// The least and most iterations of both mechanisms (`ScramMechanism`, `ScramFormatter`).
const ITERATIONS_MIN: u32 = 4096;
const ITERATIONS_MAX: u32 = 16384;

/// A mechanism (`ScramMechanism`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mechanism {
    Sha256,
    Sha512,
}

impl Mechanism {
    fn of(name: &str) -> Option<Self> {
        match name {
            "SCRAM-SHA-256" => Some(Self::Sha256),
            "SCRAM-SHA-512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// Returns the number in metadata records.
    const fn code(self) -> i8 {
        match self {
            Self::Sha256 => 1,
            Self::Sha512 => 2,
        }
    }

    /// Returns the name of Kafka's constant.
    const fn constant(self) -> &'static str {
        match self {
            Self::Sha256 => "SCRAM_SHA_256",
            Self::Sha512 => "SCRAM_SHA_512",
        }
    }

    fn salted(self, password: &[u8], salt: &[u8], iterations: u32) -> Vec<u8> {
        match self {
            Self::Sha256 => {
                pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password, salt, iterations).to_vec()
            }
            Self::Sha512 => {
                pbkdf2::pbkdf2_hmac_array::<Sha512, 64>(password, salt, iterations).to_vec()
            }
        }
    }

    fn hmac(self, key: &[u8], text: &[u8]) -> Vec<u8> {
        const ANY_LENGTH: &str = "a key may have any length";
        match self {
            Self::Sha256 => {
                let mut mac = Hmac::<Sha256>::new_from_slice(key).expect(ANY_LENGTH);
                mac.update(text);
                mac.finalize().into_bytes().to_vec()
            }
            Self::Sha512 => {
                let mut mac = Hmac::<Sha512>::new_from_slice(key).expect(ANY_LENGTH);
                mac.update(text);
                mac.finalize().into_bytes().to_vec()
            }
        }
    }

    fn hash(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// Makes the credential that an argument describes.
pub(super) fn credential(text: &str, rng: &mut Rng) -> Result<UserScramCredential, CommandError> {
    let (mechanism, components) = split(text.trim())?;
    let mut components = by_name(components)?;
    let name = components
        .remove("name")
        .ok_or_else(|| refused("You must supply 'name' to add-scram"))?;
    let decode = |what: &str, text: String| {
        let bytes = STANDARD.decode(&text);
        bytes.map_err(|_| CommandError::failed(format!("Failed to decode given {what}: {text}")))
    };
    let salt = components.remove("salt");
    let salt = salt.map(|text| decode("salt", text)).transpose()?;
    let iterations = components.remove("iterations");
    let iterations = iterations.map(|text| {
        let parsed: Result<i32, _> = text.parse();
        parsed.map_err(|_| refused(&format!("Failed to parse iterations count: {text}")))
    });
    let iterations = iterations.transpose()?;
    let (password, salted) = (
        components.remove("password"),
        components.remove("saltedpassword"),
    );
    let salted = match (&password, salted) {
        (Some(_), _) => None,
        (None, None) => {
            let sentence = "You must supply one of 'password' or 'saltedpassword' to add-scram";
            return Err(refused(sentence));
        }
        (None, Some(_)) if salt.is_none() => {
            let sentence = "You must supply 'salt' with 'saltedpassword' to add-scram";
            return Err(refused(sentence));
        }
        (None, Some(text)) => Some(decode("saltedPassword", text)?),
    };
    if !components.is_empty() {
        let names: Vec<_> = components.into_keys().collect();
        let sentence = format!("Unknown SCRAM configurations: {}", names.join(","));
        return Err(refused(&sentence));
    }
    let iterations = checked_iterations(mechanism, iterations)?;
    let salt = salt.unwrap_or_else(|| {
        let random = [rng.uuid().to_bytes(), rng.uuid().to_bytes()];
        random.concat()
    });
    let salted = salted.unwrap_or_else(|| {
        let password = password.unwrap_or_default();
        mechanism.salted(password.as_bytes(), &salt, iterations)
    });
    let client_key = mechanism.hmac(&salted, b"Client Key");
    Ok(UserScramCredential {
        name,
        mechanism: mechanism.code(),
        salt: Blob(salt),
        stored_key: Blob(mechanism.hash(&client_key)),
        server_key: Blob(mechanism.hmac(&salted, b"Server Key")),
        iterations: i32::try_from(iterations).unwrap_or(i32::MAX),
    })
}

fn refused(sentence: &str) -> CommandError {
    CommandError::failed(sentence)
}

/// Splits `MECHANISM=[components]`.
fn split(text: &str) -> Result<(Mechanism, &str), CommandError> {
    let (name, components) = text.split_once('=').ok_or_else(|| {
        refused(&format!(
            "Failed to find equals sign in SCRAM argument '{text}'"
        ))
    })?;
    let mechanism = Mechanism::of(name)
        .ok_or_else(|| refused(&format!("The add-scram mechanism {name} is not supported.")))?;
    let components = components
        .strip_prefix('[')
        .ok_or_else(|| refused("Expected configuration string to start with ["))?;
    let components = components
        .strip_suffix(']')
        .ok_or_else(|| refused("Expected configuration string to end with ]"))?;
    Ok((mechanism, components))
}

/// Splits `name=value,name="value"`; the last of equal names counts.
fn by_name(components: &str) -> Result<BTreeMap<String, String>, CommandError> {
    let mut found = BTreeMap::new();
    for component in components.split(',') {
        let (name, value) = component.split_once('=').ok_or_else(|| {
            refused(&format!(
                "No equals sign found in SCRAM component: {component}"
            ))
        })?;
        let unquoted = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'));
        found.insert(name.to_owned(), unquoted.unwrap_or(value).to_owned());
    }
    Ok(found)
}

fn checked_iterations(mechanism: Mechanism, given: Option<i32>) -> Result<u32, CommandError> {
    let Some(given) = given else {
        return Ok(ITERATIONS_MIN);
    };
    let constant = mechanism.constant();
    let out_of_range = |sign: &str, limit: u32| {
        refused(&format!(
            "The 'iterations' value must be {sign} {limit} for add-scram using {constant}"
        ))
    };
    match u32::try_from(given) {
        Ok(count) if count > ITERATIONS_MAX => Err(out_of_range("<=", ITERATIONS_MAX)),
        Ok(count) if count >= ITERATIONS_MIN => Ok(count),
        _ => Err(out_of_range(">=", ITERATIONS_MIN)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<UserScramCredential, CommandError> {
        credential(text, &mut Rng::seeded(1))
    }

    #[test]
    fn the_keys_are_those_of_apache_kafka() {
        let made =
            of("SCRAM-SHA-512=[name=\"a b\",password=secret,iterations=5000,salt=\"c2FsdA==\"]")
                .unwrap();
        assert_eq!((made.name.as_str(), made.mechanism), ("a b", 2));
        let shown = |blob: &Blob| STANDARD.encode(&blob.0);
        assert_eq!(
            shown(&made.stored_key),
            concat!(
                "VIr49vqrYpc+s8N5HQivWtYgUedbgl9ZwxtZUdSAU3Ax",
                "rSq1SIuQw8PQrGgK3WYrxIQNVrbPyGPAwbu44eA7PA=="
            )
        );
        assert_eq!(
            shown(&made.server_key),
            concat!(
                "rLPAU7A+1P9rZxfn8Ew+B3LmVnRTM6vyz2Hec/7i9aSg",
                "Y4BCP0SBidcLDk91n4gUX0eBDIAqzzcPwMEfbaDfug=="
            )
        );
        let made = of("SCRAM-SHA-256=[name=a,saltedpassword=c2FsdA==,salt=c2FsdA==]").unwrap();
        assert_eq!(
            shown(&made.stored_key),
            "a80Fvyv+M4/pmLonDVe1RDVEW4Ou5hpRrBVmgr4Zp8Q="
        );
        assert_eq!(
            shown(&made.server_key),
            "iTIBsbZvO0DGuYRx3hnB+k2y987DLCJ+SkPrxLROCgs="
        );
        assert_eq!(made.iterations, 4096);
    }

    #[test]
    fn two_users_with_one_password_have_different_salts() {
        let mut rng = Rng::seeded(1);
        let mut salt = || {
            let made = credential("SCRAM-SHA-256=[name=a,password=b]", &mut rng);
            made.unwrap().salt
        };
        assert_ne!(salt(), salt());
    }

    #[test]
    fn the_sentences_are_apache_kafkas() {
        for (text, sentence) in [
            ("foo", "Failed to find equals sign in SCRAM argument 'foo'"),
            (
                "SCRAM-SHA-1=[]",
                "The add-scram mechanism SCRAM-SHA-1 is not supported.",
            ),
            (
                "SCRAM-SHA-256=x",
                "Expected configuration string to start with [",
            ),
            (
                "SCRAM-SHA-256=[x",
                "Expected configuration string to end with ]",
            ),
            (
                "SCRAM-SHA-256=[]",
                "No equals sign found in SCRAM component: ",
            ),
            (
                "SCRAM-SHA-256=[password=x]",
                "You must supply 'name' to add-scram",
            ),
            (
                "SCRAM-SHA-256=[name=a]",
                "You must supply one of 'password' or 'saltedpassword' to add-scram",
            ),
            (
                "SCRAM-SHA-256=[name=a,saltedpassword=MV5GjG]",
                "You must supply 'salt' with 'saltedpassword' to add-scram",
            ),
            (
                "SCRAM-SHA-256=[name=a,saltedpassword=!!,salt=c2FsdA==]",
                "Failed to decode given saltedPassword: !!",
            ),
            (
                "SCRAM-SHA-256=[name=a,password=b,salt=!!]",
                "Failed to decode given salt: !!",
            ),
            (
                "SCRAM-SHA-256=[name=a,password=b,iterations=x]",
                "Failed to parse iterations count: x",
            ),
            (
                "SCRAM-SHA-256=[name=a,password=b,iterations=-1]",
                "The 'iterations' value must be >= 4096 for add-scram using SCRAM_SHA_256",
            ),
            (
                "SCRAM-SHA-512=[name=a,password=b,iterations=16385]",
                "The 'iterations' value must be <= 16384 for add-scram using SCRAM_SHA_512",
            ),
            (
                "SCRAM-SHA-256=[name=a,password=b,z=1,y=2]",
                "Unknown SCRAM configurations: y,z",
            ),
        ] {
            assert_eq!(of(text).unwrap_err().sentence(), sentence, "{text}");
        }
    }
}
