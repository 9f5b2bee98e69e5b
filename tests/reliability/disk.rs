//! A real file system on an image in memory, whose power can be cut.
//!
//! An image on a tmpfs, a loop device, a mount: all of this process, all taken down when dropped,
//! by their own paths. What an earlier process left, because it was killed, is taken down too.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail};

/// A kind of file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystem {
    Ext4,
    Xfs,
    /// In memory alone: it can be full, it survives nothing.
    Tmpfs,
}

impl FileSystem {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ext4 => "ext4",
            Self::Xfs => "xfs",
            Self::Tmpfs => "tmpfs",
        }
    }

    fn format(self, device: &str) -> Command {
        let mut command = Command::new(format!("mkfs.{}", self.name()));
        match self {
            Self::Ext4 => command.args(["-q", "-F", "-E", "nodiscard,lazy_itable_init=1"]),
            _ => command.args(["-q", "-f", "-K"]),
        };
        command.arg(device);
        command
    }
}

/// A file system of its own, mounted.
pub struct Disk {
    /// A tmpfs that holds the image.
    room: PathBuf,
    device: Option<String>,
    mount: PathBuf,
    mounted: bool,
    room_mounted: bool,
}

/// Runs a command that must succeed.
pub fn run(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        bail!("{command:?}: {}: {said}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn mount_tmpfs(at: &Path, mib: u64) -> anyhow::Result<()> {
    run(Command::new("mount")
        .args(["-t", "tmpfs", "-o"])
        .arg(format!("size={mib}m"))
        .arg("kt-reliability")
        .arg(at))?;
    Ok(())
}

/// Returns what this machine lacks for such a disk; none if it has everything.
pub fn missing() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("root".to_owned());
    }
    if !Path::new("/dev/loop-control").exists() {
        return Some("loop devices".to_owned());
    }
    let tools = [
        "losetup",
        "mount",
        "umount",
        "mkfs.ext4",
        "mkfs.xfs",
        "python3",
    ];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .collect();
    let is_missing = |tool: &&&str| !folders.iter().any(|folder| folder.join(tool).exists());
    tools.iter().find(is_missing).map(|tool| (*tool).to_owned())
}

impl Disk {
    /// Makes a file system of so many MiB below a folder.
    pub fn new(folder: &Path, kind: FileSystem, mib: u64) -> anyhow::Result<Self> {
        let mut disk = Self {
            room: folder.join("room"),
            device: None,
            mount: folder.join("mount"),
            mounted: false,
            room_mounted: false,
        };
        fs::create_dir_all(&disk.room)?;
        fs::create_dir_all(&disk.mount)?;
        if kind == FileSystem::Tmpfs {
            mount_tmpfs(&disk.mount, mib)?;
            disk.mounted = true;
            return Ok(disk);
        }
        mount_tmpfs(&disk.room, mib + 16)?;
        disk.room_mounted = true;
        let image = disk.room.join("image");
        fs::File::create(&image)?.set_len(mib << 20)?;
        let device = run(Command::new("losetup")
            .args(["--find", "--show"])
            .arg(&image))?;
        disk.device = Some(device.clone());
        run(&mut kind.format(&device))?;
        disk.mount()?;
        Ok(disk)
    }

    /// Returns where it is mounted.
    pub fn path(&self) -> &Path {
        &self.mount
    }

    pub fn mount(&mut self) -> anyhow::Result<()> {
        let device = self.device.as_deref().context("a device")?;
        run(Command::new("mount").arg(device).arg(&self.mount))?;
        self.mounted = true;
        Ok(())
    }

    /// Unmounts; a descriptor that is just being closed is waited for.
    pub fn unmount(&mut self) -> anyhow::Result<()> {
        let mut result = Ok(String::new());
        for _ in 0..100 {
            result = run(Command::new("umount").arg(&self.mount));
            if result.is_ok() {
                self.mounted = false;
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        result.map(|_| ())
    }

    /// Makes ready to cut the power.
    pub fn scissors(&self, flag: u32, data: &Path, seed: u64) -> anyhow::Result<Scissors> {
        let mut child = Command::new("python3")
            .args(["-c", include_str!("cut.py")])
            .arg(&self.mount)
            .arg(flag.to_string())
            .arg(data)
            .arg(seed.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("python3")?;
        let output = BufReader::new(child.stdout.take().context("its output")?);
        let mut scissors = Scissors { child, output };
        scissors.hear("ready")?;
        Ok(scissors)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted && self.unmount().is_err() {
            let _lazily = run(Command::new("umount").arg("-l").arg(&self.mount));
        }
        if let Some(device) = &self.device {
            let _detached = run(Command::new("losetup").args(["-d", device]));
        }
        if self.room_mounted {
            let _unmounted = run(Command::new("umount").arg(&self.room));
        }
    }
}

/// A helper process that cuts the power when it is told to.
pub struct Scissors {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Scissors {
    fn hear(&mut self, word: &str) -> anyhow::Result<()> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        if line.trim() != word {
            bail!("cutting the power: {line:?} instead of {word:?}");
        }
        Ok(())
    }

    /// Brings some pages to the disk, and others not.
    pub fn write_some(&mut self) -> anyhow::Result<()> {
        self.go_on()?;
        self.hear("written")
    }

    pub fn cut(&mut self) -> anyhow::Result<()> {
        self.go_on()?;
        self.hear("cut")?;
        self.child.wait()?;
        Ok(())
    }

    fn go_on(&mut self) -> anyhow::Result<()> {
        let input = self.child.stdin.as_mut().context("its input")?;
        input.write_all(b"!")?;
        input.flush()?;
        Ok(())
    }
}

impl Drop for Scissors {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Takes down what processes that are gone have left below the folder for temporary files.
pub fn sweep(begin: &str) {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.rsplit('-').next().unwrap_or_default();
        let is_left = name.starts_with(begin)
            && pid.parse::<u32>().is_ok()
            && !Path::new("/proc").join(pid).exists();
        let (mount, room) = (entry.path().join("mount"), entry.path().join("room"));
        if !is_left || !room.exists() {
            continue;
        }
        let _unmounted = run(Command::new("umount").arg("-l").arg(&mount));
        let image = room.join("image");
        let devices = run(Command::new("losetup")
            .args(["-n", "-O", "NAME", "-j"])
            .arg(&image));
        for device in devices.unwrap_or_default().lines() {
            let _detached = run(Command::new("losetup").args(["-d", device.trim()]));
        }
        let _unmounted = run(Command::new("umount").arg("-l").arg(&room));
        let _removed = fs::remove_dir_all(entry.path());
    }
}
