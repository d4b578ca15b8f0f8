//! Lays the functions that a running sidecar uses side by side, so that the kernel reads fewer pages of the binary into memory.
//! `scripts/order-functions` records them. Functions of the same machine code, and the same constants, are linked once.
//! Texts that one command prints, and the page for people, are packed.

use std::fs::File;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

#[expect(clippy::disallowed_methods, reason = "how cargo tells a build script what is built")]
fn main() {
    const SYMBOLS: &str = "layout/symbols.txt";
    const TEXTS: [&str; 5] = [
        "config.schema.json",
        "completions/pilotfish.bash",
        "completions/pilotfish.zsh",
        "completions/pilotfish.fish",
        "src/serve/page.html",
    ];
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
        println!("cargo::rustc-link-arg-bin=pilotfish=-Wl,--ignore-data-address-equality");
        // At start, std asks glibc where the stack ends, for a better message should it overflow. glibc reads that out of
        // /proc/self/maps with `sscanf`: 120 KB of code, and 0.1 ms of each run. This function takes no arguments and never
        // gives 0, which is an error to std: an overflow then ends with SIGSEGV alone.
        println!("cargo::rustc-link-arg-bin=pilotfish=-Wl,--defsym=pthread_getattr_np=getpagesize");
    }
    for text in TEXTS {
        println!("cargo::rerun-if-changed={text}");
        pack(text, &of_build("OUT_DIR"));
    }
}

fn pack(path: &str, folder: &str) {
    let text = std::fs::read(path).expect("the repository has the text");
    let name = path.rsplit('/').next().unwrap_or(path);
    let file = File::create(format!("{folder}/{name}.zlib")).expect("the folder of the build can be written");
    let mut packed = ZlibEncoder::new(file, Compression::best());
    packed.write_all(&text).and_then(|()| packed.finish()).expect("the folder of the build can be written");
}
