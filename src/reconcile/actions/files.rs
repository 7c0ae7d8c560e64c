//! The files of a command: keys of ConfigMaps, packed as AKS takes them, a zip archive in base64 (SPEC `context`).

use std::io::{Cursor, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Lacks;
use crate::reconcile::context::Context;
use crate::reconcile::object_name::ObjectName;
use crate::runtime::connect::told;
use armature_api::{ConfigMapKeyRef, RunCommand};

/// What all files of a command may have together.
const MAX_BYTES: usize = 512 * 1024;

/// The archive; `None` for a command without files.
///
/// # Errors
/// What is missing, or why the files can't be sent.
pub async fn archive(context: &Context, namespace: &str, run: &RunCommand) -> Result<Option<String>, Lacks> {
    let Some(files) = run.files.as_ref().filter(|files| !files.is_empty()) else {
        return Ok(None);
    };
    let mut contents = Vec::with_capacity(files.len());
    for (name, reference) in files {
        check(reference).map_err(Lacks::Unfit)?;
        let content = read(context, namespace, reference).await;
        contents.push((name.as_str(), content.map_err(Lacks::Missing)?));
    }
    pack(&contents).map(Some).map_err(Lacks::Unfit)
}

/// A key that no ConfigMap can have would be waited for without end.
fn check(ConfigMapKeyRef { name, key }: &ConfigMapKeyRef) -> Result<(), String> {
    let fits = |key: &str| key.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c));
    if fits(key) {
        Ok(())
    } else {
        Err(format!(
            "{key:?} can't be a key of ConfigMap {name}: keys have letters, digits, -, _ and ."
        ))
    }
}

async fn read(context: &Context, namespace: &str, reference: &ConfigMapKeyRef) -> Result<Vec<u8>, String> {
    let ConfigMapKeyRef { name, key } = reference;
    let name = ObjectName::parse(name).map_err(|error| error.to_string())?;
    let maps: Api<ConfigMap> = Api::namespaced(context.client.clone(), namespace);
    let map = maps
        .get_opt(&name)
        .await
        .map_err(|error| format!("ConfigMap {namespace}/{name} can't be read: {}", told(&error)))?
        .ok_or_else(|| format!("ConfigMap {namespace}/{name} does not exist; create it"))?;
    let text = map.data.and_then(|mut data| data.remove(key)).map(String::into_bytes);
    let binary = map
        .binary_data
        .and_then(|mut data| data.remove(key))
        .map(|bytes| bytes.0);
    text.or(binary)
        .ok_or_else(|| format!("ConfigMap {namespace}/{name} has no key {key}; add it"))
}

fn pack(files: &[(&str, Vec<u8>)]) -> Result<String, String> {
    let bytes: usize = files.iter().map(|(_, content)| content.len()).sum();
    if bytes > MAX_BYTES {
        return Err(format!(
            "the files have {bytes} bytes and may have {MAX_BYTES} together; leave some out"
        ));
    }
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let packed = files.iter().try_for_each(|(name, content)| {
        archive.start_file(*name, options)?;
        archive.write_all(content)?;
        Ok::<_, zip::result::ZipError>(())
    });
    packed
        .and_then(|()| archive.finish())
        .map(|archive| STANDARD.encode(archive.into_inner()))
        .map_err(|error| format!("the files can't be packed: {error}"))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_files_are_in_the_archive_under_their_names() {
        let packed = pack(&[("a.yaml", b"kind: A".to_vec()), ("b", vec![0, 255])]).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(STANDARD.decode(packed).unwrap())).unwrap();
        let mut content = Vec::new();
        archive.by_name("b").unwrap().read_to_end(&mut content).unwrap();
        assert_eq!((archive.len(), content), (2, vec![0, 255]));
    }

    #[test]
    fn a_key_that_no_config_map_can_have_is_refused() {
        let reference = |key: &str| ConfigMapKeyRef {
            name: "tools".to_owned(),
            key: key.to_owned(),
        };
        assert!(check(&reference("run_all-2.sh")).is_ok());
        assert!(check(&reference("run all")).is_err());
    }

    #[test]
    fn files_that_are_too_large_are_refused_before_they_are_packed() {
        assert!(pack(&[("a", vec![0; MAX_BYTES])]).is_ok());
        assert!(pack(&[("a", vec![0; MAX_BYTES]), ("b", vec![0])]).is_err());
    }
}
