//! `meta.properties`: whose a log directory is.
//!
//! ```text
//! version=1
//! cluster.id=<22 characters of base64, or any text>
//! node.id=1
//! directory.id=<22 characters of base64>
//! ```
//! The file has no checksum. What is missing and can be had elsewhere is no error: the directory's
//! id is made anew, the version is 1 where nothing else is said. Without its cluster or its node a
//! directory is refused, unless another one beside it says whose they are (`manager.rs`).

use std::path::Path;

use super::error::{AtPath, LoadError};
use crate::fs::Fs;
use crate::types::{BrokerId, Uuid};

/// The name of the file.
pub(super) const META_PROPERTIES_FILE: &str = "meta.properties";
const BYTES_MAX: u64 = 64 << 10;

/// What a log directory says about its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaProperties {
    /// The cluster.
    pub cluster_id: String,
    /// The broker.
    pub node_id: BrokerId,
    /// The directory, if it has an id.
    pub directory_id: Option<Uuid>,
}

impl MetaProperties {
    /// Reads the file of a log directory; `None` if there is none.
    pub fn read(fs: &dyn Fs, log_dir: &Path) -> Result<Option<Self>, LoadError> {
        let path = log_dir.join(META_PROPERTIES_FILE);
        let content = match fs.read(&path, BYTES_MAX) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            result => result.at("read", &path)?,
        };
        let malformed = |reason: &str| LoadError::Malformed {
            path: path.clone(),
            reason: reason.to_owned(),
        };
        let text = String::from_utf8(content).map_err(|_| malformed("it is not UTF-8"))?;
        let get = |key: &str| {
            let lines = text
                .lines()
                .map(str::trim)
                .filter(|line| !line.starts_with(['#', '!']));
            let mut pairs = lines.filter_map(|line| line.split_once(['=', ':']));
            let value = pairs
                .find(|(name, _)| name.trim() == key)
                .map(|(_, value)| value.trim());
            // Java escapes these when it writes properties.
            value.map(|value| value.replace("\\=", "=").replace("\\:", ":"))
        };
        // What is no number is damage; another number is a format that this release cannot know.
        let version = get("version").and_then(|version| version.parse::<u32>().ok());
        if version.is_some_and(|version| version != 1) {
            return Err(malformed("version 1 is expected"));
        }
        let node_id = get("node.id").ok_or_else(|| malformed(&lacks("node.id")))?;
        let node_id = node_id
            .parse()
            .map_err(|_| malformed("node.id is no number"))?;
        let directory_id = get("directory.id").and_then(|id| id.parse().ok());
        Ok(Some(Self {
            cluster_id: get("cluster.id").ok_or_else(|| malformed(&lacks("cluster.id")))?,
            node_id: BrokerId(node_id),
            directory_id,
        }))
    }

    /// Replaces the file of a log directory.
    pub fn write(&self, fs: &dyn Fs, log_dir: &Path) -> Result<(), LoadError> {
        let mut text = format!("#\ncluster.id={}\n", self.cluster_id);
        if let Some(id) = self.directory_id {
            text.push_str(&format!("directory.id={id}\n"));
        }
        text.push_str(&format!("node.id={}\nversion=1\n", self.node_id));
        let path = log_dir.join(META_PROPERTIES_FILE);
        Ok(fs.replace(&path, text.as_bytes()).at("replace", &path)?)
    }
}

fn lacks(key: &str) -> String {
    format!(
        "{key} is missing; if the file is damaged, write it anew with the lines version=1, \
         node.id=... and cluster.id=..."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::RealFs;

    #[test]
    fn any_flipped_bit_leaves_the_owner_or_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let meta = MetaProperties {
            cluster_id: "4L6g3nShT-eMCtK--X86sw".into(),
            node_id: BrokerId(3),
            directory_id: Some(Uuid(99)),
        };
        meta.write(&RealFs, folder.path()).unwrap();
        let path = folder.path().join(META_PROPERTIES_FILE);
        let good = RealFs.read(&path, 1000).unwrap();
        let mut refused = 0;
        for position in 0..good.len() {
            let mut content = good.clone();
            content[position] ^= 1;
            RealFs.replace(&path, &content).unwrap();
            match MetaProperties::read(&RealFs, folder.path()) {
                Ok(read) => assert!(read.is_some(), "{position}"),
                Err(_) => refused += 1,
            }
        }
        // The names and values of node.id and cluster.id; nothing else is needed.
        assert!(refused < good.len() / 2, "{refused}");
    }

    #[test]
    fn what_was_written_is_read_and_kafkas_file_too() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(MetaProperties::read(&RealFs, folder.path()).unwrap(), None);
        let meta = MetaProperties {
            cluster_id: "4L6g3nShT-eMCtK--X86sw".into(),
            node_id: BrokerId(3),
            directory_id: Some(Uuid(99)),
        };
        meta.write(&RealFs, folder.path()).unwrap();
        assert_eq!(
            MetaProperties::read(&RealFs, folder.path()).unwrap(),
            Some(meta)
        );
        let path = folder.path().join(META_PROPERTIES_FILE);
        let kafka = "#\n#Tue Nov 24 09:00:00 UTC 2026\ncluster.id=abc\\=\nversion=1\nnode.id=1\n";
        RealFs.replace(&path, kafka.as_bytes()).unwrap();
        let read = MetaProperties::read(&RealFs, folder.path())
            .unwrap()
            .unwrap();
        assert_eq!(
            (read.cluster_id.as_str(), read.directory_id),
            ("abc=", None)
        );
        for text in [
            "",
            "version=0\nnode.id=1\ncluster.id=x",
            "version=1\ncluster.id=x\n",
        ] {
            RealFs.replace(&path, text.as_bytes()).unwrap();
            assert!(MetaProperties::read(&RealFs, folder.path()).is_err());
        }
    }
}
