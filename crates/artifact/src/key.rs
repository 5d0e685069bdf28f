//! Keys: the names of stored objects, as in an object store, and safe as the names of files.

use std::fmt;

use crate::error::ArtifactError;
use crate::limits::{KEY_BYTES_MAX, KEY_PART_BYTES_MAX};

/// The folder of a store where objects lie until they are whole; no key can lead there.
pub(crate) const INCOMING: &str = ".incoming";

/// The name of an object: parts between slashes, none of which is empty, `.` or `..`.
///
/// Slashes at both ends and doubled ones do not count, since many manifests have them: `/a//b/` is `a/b`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    text: String,
}

impl Key {
    /// Checks and tidies a key.
    pub fn parse(text: &str) -> Result<Key, ArtifactError> {
        let refuse = |reason: &str| {
            let key = text.chars().take(200).collect();
            Err(ArtifactError::Key { key, reason: reason.to_owned() })
        };
        if text.len() > KEY_BYTES_MAX {
            return refuse("it is longer than 1024 bytes");
        }
        let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
        if parts.is_empty() {
            return refuse("it is empty");
        }
        for part in &parts {
            if *part == "." || *part == ".." {
                return refuse("`.` and `..` are not names");
            }
            if part.contains('\0') {
                return refuse("it contains a zero byte");
            }
            if part.len() > KEY_PART_BYTES_MAX {
                return refuse("a part between two slashes is longer than 255 bytes");
            }
        }
        if parts[0] == INCOMING {
            return refuse("the store uses this name itself");
        }
        Ok(Key { text: parts.join("/") })
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The key of something below this one.
    pub fn join(&self, below: &str) -> Result<Key, ArtifactError> {
        Key::parse(&format!("{}/{below}", self.text))
    }

    /// The last part.
    pub fn name(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or(&self.text)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}
