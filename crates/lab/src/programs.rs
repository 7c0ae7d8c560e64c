//! Where the programs are that the lab starts.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::LabError;

/// Names a folder with etcd, kube-apiserver, kube-controller-manager and kubectl; the name is `setup-envtest`'s.
pub const ASSETS_VARIABLE: &str = "KUBEBUILDER_ASSETS";

/// Where `hack/control-plane/build` leaves them, seen from the top of the repository.
const BUILT_ASSETS: &str = ".cache/control-plane/current";

/// A binary of the control plane: from `KUBEBUILDER_ASSETS`, else as `make control-plane` built it for the repository
/// around the current folder.
///
/// # Errors
/// When it is in neither place.
pub fn asset(name: &'static str) -> Result<PathBuf, LabError> {
    let named = env::var_os(ASSETS_VARIABLE).map(PathBuf::from);
    let here = env::current_dir().map_err(LabError::io("finding the current folder"))?;
    find_asset(name, named.as_deref(), &here)
}

fn find_asset(name: &'static str, named: Option<&Path>, here: &Path) -> Result<PathBuf, LabError> {
    let found = match named {
        Some(folder) => Some(folder.join(name)).filter(|path| path.is_file()),
        None => here
            .ancestors()
            .map(|folder| folder.join(BUILT_ASSETS).join(name))
            .find(|path| path.is_file()),
    };
    found.ok_or_else(|| LabError::AssetMissing {
        name,
        looked: named.map_or_else(|| BUILT_ASSETS.to_owned(), |folder| folder.display().to_string()),
    })
}

/// A program of this workspace: what `variable` names, else a file beside the running executable, where Cargo puts all
/// programs of a workspace (tests run one folder further down, in `deps`).
///
/// # Errors
/// When it has not been built.
pub fn workspace_program(name: &'static str, variable: &'static str) -> Result<PathBuf, LabError> {
    if let Some(path) = env::var_os(variable) {
        return Ok(PathBuf::from(path));
    }
    let executable = env::current_exe().map_err(LabError::io("finding the running executable"))?;
    find_beside(name, variable, &executable)
}

fn find_beside(name: &'static str, variable: &'static str, executable: &Path) -> Result<PathBuf, LabError> {
    let mut folders = executable.ancestors().skip(1).take(2);
    folders
        .find_map(|folder| Some(folder.join(name)).filter(|path| path.is_file()))
        .ok_or_else(|| LabError::ProgramMissing {
            name,
            beside: executable.to_path_buf(),
            variable,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_folder_is_the_only_place_looked_in() {
        let folder = tempfile::tempdir().unwrap();
        let built = folder.path().join(BUILT_ASSETS);
        std::fs::create_dir_all(&built).unwrap();
        std::fs::write(built.join("etcd"), "").unwrap();
        let below = folder.path().join("lab/src");

        assert_eq!(find_asset("etcd", None, &below).unwrap(), built.join("etcd"));
        let error = find_asset("etcd", Some(Path::new("/none")), &below)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("etcd was not found in /none: run `make control-plane`"),
            "{error}"
        );
        let error = find_asset("kubectl", None, &below).unwrap_err().to_string();
        assert!(
            error.starts_with("kubectl was not found in .cache/control-plane/current"),
            "{error}"
        );
    }

    #[test]
    fn programs_are_found_beside_binaries_and_beside_tests() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("armature-sim");
        std::fs::write(&program, "").unwrap();
        let find = |executable: &str| find_beside("armature-sim", "ARMATURE_SIM", &folder.path().join(executable));

        assert_eq!(find("armature-lab").unwrap(), program);
        assert_eq!(find("deps/stories-0123").unwrap(), program);
        let error = find("a/b/c").unwrap_err().to_string();
        assert!(error.contains("set ARMATURE_SIM to its path"), "{error}");
    }
}
