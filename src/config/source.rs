//! Which source a plan is read from: targets, a file given, the file that `PILOTFISH_CONFIG` names, the usual file, the
//! environment. The first that is there is taken, and the plan says which.

use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use crate::config::fault::Refused;
use crate::config::node::{self, Node, Problem, Span, nearest};
use crate::config::plan::{Extent, Gate, Gates, Origin, Plan, USUAL_FILE, VARIABLE};
use crate::config::{discover, document, targets};
use crate::env::Env;
use crate::mask::typed;
use crate::slices::{Slices, at_once};

/// What was asked for on the command line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// The TARGETs.
    pub targets: &'a [String],
    /// `-c FILE`.
    pub file: Option<&'a str>,
    /// `--gate`, each as it was written: what checks found in the environment gate.
    pub gates: &'a [String],
    /// How much is taken on beyond checks that this version has.
    pub extent: Extent,
}

/// The plan that was asked for.
///
/// # Errors
/// Every fault; nothing may be probed then.
pub fn load(request: Request<'_>, env: &dyn Env) -> Result<Plan, Refused> {
    let gates = gates(request.gates)?;
    let origin = choose(request, env)?;
    if gates.is_some() && origin != Origin::Environment {
        let text = format!("--gate applies only to checks found in the environment, but these come from {origin}");
        return Err(Refused::because(text));
    }
    match &origin {
        Origin::Targets => targets::plan(request.targets, request.extent, env),
        Origin::Environment => discover::plan(gates.unwrap_or_default(), request.extent, env),
        Origin::Given(_) | Origin::Variable(_) | Origin::Usual(_) => {
            at_once(reload(&origin, env, &mut Slices::unlimited()))
        }
    }
}

/// What the environment suggests as a configuration to keep, and what is worth saying on the way; `words` are those of
/// `--gate`.
///
/// # Errors
/// Where nothing is found that could be probed.
pub fn discovered(words: &[String], env: &dyn Env) -> Result<(String, Vec<String>), Refused> {
    discover::document(gates(words)?.unwrap_or_default(), env)
}

/// The plan of a file, read anew.
///
/// # Errors
/// Every fault; also where the origin is no file.
pub async fn reload(origin: &Origin, env: &dyn Env, slices: &mut Slices) -> Result<Plan, Refused> {
    let Some(path) = origin.file() else { return Err(Refused::because(format!("cannot reload {origin}"))) };
    let (plan, written) = read(path, origin, env, slices).await?;
    written.take_apart(slices).await;
    Ok(plan)
}

/// The plan of a file, and what is written there; one check is one step.
pub(crate) async fn read(
    path: &Path,
    origin: &Origin,
    env: &dyn Env,
    slices: &mut Slices,
) -> Result<(Plan, Node), Refused> {
    let bytes = env.file(path).map(Zeroizing::new).map_err(|error| unreadable(path, origin, &error))?;
    let document = node::load(&bytes, slices).await;
    let mut problems = document.problems;
    match document.root {
        Some(root) if problems.is_empty() && !root.is_null() => {
            match document::plan(&root, origin.clone(), env, slices).await {
                Ok(plan) => return Ok((plan, root)),
                Err(faults) => {
                    problems = faults;
                    root.take_apart(slices).await;
                }
            }
        }
        Some(root) if !root.is_null() => {
            let faults = document::plan(&root, origin.clone(), env, slices).await.err();
            problems.extend(faults.unwrap_or_default());
            root.take_apart(slices).await;
        }
        Some(_) | None if problems.is_empty() => {
            let message = format!("the file is empty: {}", document::HOW_TO_BEGIN);
            problems.push(Problem::new(Span { line: 1, column: 1 }, "", message));
        }
        Some(_) | None => {}
    }
    Err(Refused::faults(path, problems))
}

/// The source that is taken.
///
/// # Errors
/// What contradicts itself.
pub fn choose(request: Request<'_>, env: &dyn Env) -> Result<Origin, Refused> {
    match (request.targets, request.file) {
        ([], Some(file)) if file.contains("://") => {
            Err(Refused::because("-c expects a file; give a target without -c"))
        }
        ([], Some(file)) => Ok(Origin::Given(file.into())),
        ([_, ..], Some(_)) => Err(Refused::because(
            "TARGETs and -c FILE exclude each other: give only targets, or write them into the file",
        )),
        ([_, ..], None) => Ok(Origin::Targets),
        ([], None) => Ok(match env.var(VARIABLE).filter(|path| !path.is_empty()) {
            // What stands there by mistake may hold a password: it is not named as a path is.
            Some(path) if path.contains("://") || path.contains('\n') => {
                return Err(Refused::because(format!(
                    "{VARIABLE} is not a path: set it to the path of the configuration file"
                )));
            }
            Some(path) => Origin::Variable(path.into()),
            None => match env.file(USUAL_FILE.as_ref()) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Origin::Environment,
                Ok(_) | Err(_) => Origin::Usual(USUAL_FILE.into()),
            },
        }),
    }
}

/// The gates of `--gate`; `None` where it was not given.
fn gates(words: &[String]) -> Result<Option<Gates>, Refused> {
    let allowed = [Gate::Startup, Gate::Ready];
    let gate = |word| allowed.into_iter().find(|gate| gate.as_str() == word);
    let read = |word| gate(word).ok_or_else(|| format!("--gate must be startup or ready{}", typed(", not ", word)));
    let gates = words.iter().flat_map(|words| words.split(',')).map(read).collect::<Result<Gates, String>>();
    let gates = gates.map_err(Refused::because)?;
    Ok((!words.is_empty()).then_some(gates))
}

/// Keeps the checks of these names (`--only`), in the plan's order; all of them where no name is given.
///
/// # Errors
/// A name that no check has; the names there are.
pub fn only(plan: &mut Plan, names: &[String]) -> Result<(), Refused> {
    if names.is_empty() {
        return Ok(());
    }
    let known: Vec<&str> = plan.checks.iter().map(|check| check.name.as_str()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        let meant = nearest(unknown, &known).map_or(".".to_owned(), |name| format!(", did you mean {name}?"));
        let text = format!(
            "--only: no check has this name{}{meant} The checks of {} are: {}",
            typed(" ", unknown),
            plan.origin,
            known.join(", ")
        );
        return Err(Refused::because(text));
    }
    plan.checks.retain(|check| names.contains(&check.name));
    Ok(())
}

fn unreadable(path: &Path, origin: &Origin, error: &io::Error) -> Refused {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "the file does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        io::ErrorKind::InvalidInput => "it is not a regular file".to_owned(),
        io::ErrorKind::FileTooLarge => "it is larger than the limit of 1 MiB".to_owned(),
        _ => error.to_string(),
    };
    let who = match origin {
        Origin::Variable(_) => format!(" (named by {VARIABLE})"),
        Origin::Given(_) | Origin::Usual(_) | Origin::Targets | Origin::Environment => String::new(),
    };
    Refused::because(format!("{}{who}: {why}", path.display()))
}

#[cfg(test)]
mod tests;
