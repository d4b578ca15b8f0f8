//! The image, built without any network and run as a strict cluster would run it.

use std::process::Command;

use crate::support::helm::repository;
use crate::support::{Folder, PILOTFISH, need, run};

#[test]
fn the_image_is_one_static_binary_that_runs_with_nothing() {
    need("buildah", "buildah");
    let folder = Folder::new();
    // Symbols would only have to be copied.
    let binary = folder.path().join("pilotfish");
    let stripped = run(Command::new(need("strip", "binutils")).arg("-o").arg(&binary).arg(PILOTFISH));
    assert_eq!(stripped.code, 0, "{stripped:?}");
    let ran = run(Command::new(repository("scripts/check-image")).arg(&binary));
    assert_eq!(ran.code, 0, "{ran:?}");
    for line in [
        "architecture: amd64",
        "architecture: arm64",
        "user: 65532:65532",
        "capabilities of the process: 0",
        "pilotfish ask ready: ('ok', 0)",
    ] {
        assert!(ran.stdout.contains(&format!("ok    {line}\n")), "{line}: {}", ran.stdout);
    }
    assert!(ran.stdout.contains("size of the image without the base: "), "{}", ran.stdout);
    println!("{}", ran.stdout);
}
