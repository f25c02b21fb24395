//! Compiles the protos without protoc, keeping comments and our options for those who read descriptors.

use std::{env, fs, path::PathBuf};

use prost::Message;
use prost_types::FileDescriptorSet;
use protox::Compiler;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed={}", root.join("estafeta").display());
    println!("cargo:rerun-if-changed={}", root.join("google").display());

    let mut files = Vec::new();
    for package in fs::read_dir(root.join("estafeta"))? {
        for file in fs::read_dir(package?.path().join("v1"))? {
            files.push(file?.path());
        }
    }
    files.sort();

    let mut compiler = Compiler::new([&root])?;
    compiler.include_source_info(true).include_imports(true).open_files(&files)?;
    // The generator's own path drops option extensions; these bytes keep them.
    fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;

    let set = FileDescriptorSet::decode(compiler.encode_file_descriptor_set().as_slice())?;
    tonic_prost_build::configure().build_transport(false).skip_protoc_run().compile_fds(set)?;
    Ok(())
}
