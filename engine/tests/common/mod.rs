//! The shared sample files, which are not part of the repository.

use std::io::Write;
use std::path::PathBuf;

/// Every file below a shared folder, by name: `samples` or `models`. `None`, and a
/// line on standard error, where the folder is missing; `GOXEL_NO_SKIP=1` forbids that.
pub fn files_of(folder: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let root = root_of(folder);
    if !root.is_dir() {
        let missing = format!("skipped: {} is missing; set GOXEL_SAMPLES", root.display());
        assert!(std::env::var_os("GOXEL_NO_SKIP").is_none_or(|value| value != "1"), "{missing}");
        // Not eprintln, which the test runner would hold back.
        std::io::stderr().write_all(format!("{missing}\n").as_bytes()).unwrap();
        return None;
    }
    let mut files = Vec::new();
    collect(root, &mut files);
    files.sort();
    Some(files)
}

/// `GOXEL_SAMPLES` names the samples; the models are beside them.
fn root_of(folder: &str) -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples");
    let samples = std::env::var_os("GOXEL_SAMPLES").map_or_else(beside, PathBuf::from);
    samples.parent().unwrap_or(&samples).join(folder)
}

fn collect(folder: PathBuf, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(path, files);
        } else {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.push((name, std::fs::read(&path).unwrap()));
        }
    }
}

/// The voxel files among the samples that the engine reads.
pub fn voxel_samples() -> Option<Vec<(String, Vec<u8>)>> {
    let files = files_of("samples")?;
    let read = |name: &str| {
        (name.ends_with(".gox") || name.ends_with(".vox")) && !name.starts_with("slab6")
    };
    Some(files.into_iter().filter(|(name, _)| read(name)).collect())
}
