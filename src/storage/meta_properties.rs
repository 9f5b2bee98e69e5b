//! `meta.properties`: whose a log directory is.
//!
//! ```text
//! version=1
//! cluster.id=<22 characters of base64, or any text>
//! node.id=1
//! directory.id=<22 characters of base64>
//! ```

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
        if get("version").as_deref() != Some("1") {
            return Err(malformed("version 1 is expected"));
        }
        let node_id = get("node.id").ok_or_else(|| malformed("node.id is missing"))?;
        let node_id = node_id
            .parse()
            .map_err(|_| malformed("node.id is no number"))?;
        let directory_id = match get("directory.id") {
            Some(id) => Some(
                id.parse()
                    .map_err(|_| malformed("directory.id is no uuid"))?,
            ),
            None => None,
        };
        Ok(Some(Self {
            cluster_id: get("cluster.id").ok_or_else(|| malformed("cluster.id is missing"))?,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::RealFs;

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
