//! A power cut at random moments, with durability `power`: a file system of its own is shut down under the recorder, whatever
//! it had not written is gone, and what was acknowledged is there when it is mounted again.

use crate::{
    agent::{lives, record_until_cut, steps_on_disk},
    support,
};
use std::{
    path::{Path, PathBuf},
    process::Command,
};
use tracing_augur::bundle::{recover, validate};

const CUTS: usize = 12;

/// Shuts the file system of a folder down without writing its journal: ext4's `EXT4_IOC_SHUTDOWN`, not flushing.
const CUT: &str = "import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack('I', 2))";

/// An ext4 file system in a file, mounted.
struct Volume {
    folder: tempfile::TempDir,
}

impl Volume {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("image");
        std::fs::File::create(&image).unwrap().set_len(256 << 20).unwrap();
        std::fs::create_dir(folder.path().join("mounted")).unwrap();
        // Small inodes' worth of files: many steps fit.
        run("mkfs.ext4", &["-q", "-F", "-N", "60000", image.to_str().unwrap()]);
        let volume = Self { folder };
        volume.mount();
        volume
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("mounted")
    }

    fn mount(&self) {
        let image = self.folder.path().join("image");
        run("mount", &["-o", "loop", image.to_str().unwrap(), self.root().to_str().unwrap()]);
    }

    fn unmount(&self) {
        run("umount", &[self.root().to_str().unwrap()]);
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.root()).status();
    }
}

fn run(program: &str, arguments: &[&str]) {
    let remedy = "the test of power cuts needs root, loop devices and e2fsprogs; run scripts/test where these are";
    let outcome = Command::new(program).args(arguments).output();
    let outcome = outcome.unwrap_or_else(|error| panic!("{program}: {error}; {remedy}"));
    assert!(outcome.status.success(), "{program}: {}; {remedy}", String::from_utf8_lossy(&outcome.stderr));
}

fn cut(root: &Path) {
    run("python3", &["-c", CUT, root.to_str().unwrap()]);
}

#[test]
fn no_acknowledged_step_is_lost_to_a_power_cut() {
    let left = support::bundles("power_cut");
    let volume = Volume::new();
    let mut acknowledged_in_all = 0;
    for (number, life) in lives().take(CUTS).enumerate() {
        let bundle = volume.root().join(format!("run-{number}"));
        // A disk is waited for: an agent gets less done in the same time.
        let acknowledged = record_until_cut(&bundle, &["--durability", "power"], life * 4, |_| cut(&volume.root()));
        acknowledged_in_all += acknowledged.len();
        volume.unmount();
        volume.mount();
        let found = steps_on_disk(&bundle);
        for step in &acknowledged {
            assert!(found.contains(step), "cut {number}: {step} was acknowledged and is not on disk");
        }
        recover(&bundle).unwrap_or_else(|error| panic!("cut {number}: {error}"));
        let report = validate(&bundle);
        assert!(report.is_valid(), "cut {number}: {:?}", report.problems);
        let trace = support::json(bundle.join("trace.json"));
        assert_eq!(support::text(&trace, "session.status"), "halted");
        // The reference package judges these as well.
        run("cp", &["-r", bundle.to_str().unwrap(), left.to_str().unwrap()]);
    }
    assert!(acknowledged_in_all > CUTS, "the cuts came before anything was recorded: {acknowledged_in_all}");
}
