//! Lays the functions that a running sidecar uses side by side, so that the kernel reads fewer pages of the binary into memory.
//! `scripts/order-functions` records them. Functions of the same machine code are linked once.

#[expect(clippy::disallowed_methods, reason = "how cargo tells a build script what is built")]
fn main() {
    const SYMBOLS: &str = "layout/symbols.txt";
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={SYMBOLS}");
    let of_build = |name: &str| std::env::var(name).unwrap_or_default();
    // The names hold for one architecture, and only the linker of that toolchain takes them.
    let fits =
        ["PROFILE", "CARGO_CFG_TARGET_ARCH", "CARGO_CFG_TARGET_ENV"].map(of_build) == ["release", "x86_64", "gnu"];
    if fits {
        let folder = of_build("CARGO_MANIFEST_DIR");
        println!("cargo::rustc-link-arg-bin=pilotfish=-Wl,--symbol-ordering-file={folder}/{SYMBOLS}");
        println!("cargo::rustc-link-arg-bin=pilotfish=-Wl,--no-warn-symbol-ordering");
        println!("cargo::rustc-link-arg-bin=pilotfish=-Wl,--icf=all");
    }
}
