//! A partition in two log directories: what a crash between the two renames of a move leaves.
//!
//! Both are whole then, since nothing is appended between the renames. The one that the metadata
//! names is kept; the other gets the name of a stray, and nothing of it is deleted.

use std::collections::HashMap;
use std::path::PathBuf;

use super::dirs::partition_dirs;
use crate::storage::dir::{DirName, stray_dir_name};
use crate::storage::error::{AtPath, LoadError};
use crate::storage::manager::LogManager;
use crate::types::{TopicPartition, Uuid};

impl LogManager {
    /// Sets the second copy of partitions aside; `directory_of` tells the id of the log directory
    /// that a partition should lie in. Returns what a person should know.
    ///
    /// A partition that the metadata has in neither directory is left as it is, and refused by
    /// [`Self::load_all`].
    pub fn set_duplicates_aside(
        &self,
        directory_of: &dyn Fn(&TopicPartition) -> Option<Uuid>,
        new_id: &mut dyn FnMut() -> Uuid,
    ) -> Result<Vec<String>, LoadError> {
        let mut found: HashMap<TopicPartition, Vec<(Option<Uuid>, PathBuf)>> = HashMap::new();
        for dir in self.dirs() {
            let id = dir.meta.as_ref().and_then(|meta| meta.directory_id);
            for (name, path) in partition_dirs(self.fs().as_ref(), &dir.path)? {
                if let DirName::Partition(partition) = name {
                    found.entry(partition).or_default().push((id, path));
                }
            }
        }
        let mut warnings = Vec::new();
        for (partition, places) in found {
            let wanted = directory_of(&partition);
            if places.len() < 2 || !places.iter().any(|(id, _)| id.is_some() && *id == wanted) {
                continue;
            }
            for (_, path) in places.iter().filter(|(id, _)| *id != wanted) {
                let stray = path.with_file_name(stray_dir_name(&partition, new_id()));
                self.fs().rename(path, &stray).at("rename", path)?;
                if let Some(parent) = stray.parent() {
                    self.fs().sync_dir(parent).at("sync", parent)?;
                }
                warnings.push(format!(
                    "{}: the partition lies in another log directory too; it is now {}",
                    path.display(),
                    stray.display()
                ));
            }
        }
        Ok(warnings)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::fs::{Fs, SimFs};
    use crate::storage::{LogConfig, MetaProperties};
    use crate::types::BrokerId;

    #[test]
    fn the_copy_that_the_metadata_names_is_kept_and_the_other_is_not_deleted() {
        let fs: Arc<dyn Fs> = Arc::new(SimFs::default());
        let dirs = ["/a", "/b"].map(PathBuf::from);
        let mut manager = LogManager::open(Arc::clone(&fs), &dirs).unwrap();
        let partition = TopicPartition::new("t", 0);
        for (dir, id) in dirs.iter().zip([Uuid(1), Uuid(2)]) {
            let meta = MetaProperties {
                cluster_id: "c".into(),
                node_id: BrokerId(1),
                directory_id: Some(id),
            };
            manager.write_meta(dir, &meta).unwrap();
            let config = LogConfig::default();
            manager.create(dir, &partition, Uuid(9), config, 0).unwrap();
        }
        let nowhere = |_: &TopicPartition| Some(Uuid(7));
        let none = manager.set_duplicates_aside(&nowhere, &mut || Uuid(5));
        assert_eq!(none.unwrap(), Vec::<String>::new());
        let second = |_: &TopicPartition| Some(Uuid(2));
        let warnings = manager.set_duplicates_aside(&second, &mut || Uuid(5));
        assert_eq!(warnings.unwrap().len(), 1);
        assert!(fs.exists(Path::new("/b/t-0")));
        assert!(!fs.exists(Path::new("/a/t-0")));
        assert!(fs.exists(&Path::new("/a").join(stray_dir_name(&partition, Uuid(5)))));
    }
}
