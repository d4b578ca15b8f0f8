//! Places in a document as other tools write them: `a.b.0`, `$.a[0].b` and `$['a']["b"]` (JSONPath, RFC 9535), `.a.b` (jq),
//! `[BODY].a` (gatus). All of them mean one place here.

/// What is said of a path that may mean several places, or compute something.
const ONE_PLACE: &str = "a path means one place: keys and indexes, like /a/0/b or $.a[0].b, without wildcards, slices, filters and functions";
const EMPTY_STEP: &str = "a place in the document has an empty step: write /a/b or a.b";
const OPEN: &str = "a bracket or a quotation mark is not closed: write $.a[0].b or $['a']";

/// The keys and indexes of a path.
///
/// # Errors
/// What is wrong and how to write it, without the path.
pub(super) fn steps(text: &str) -> Result<Vec<String>, &'static str> {
    let below_root = match text.strip_prefix("[BODY]").or_else(|| text.strip_prefix('$')) {
        Some(rest) if rest.is_empty() || rest.starts_with(['.', '[']) => Some(rest),
        // A key may begin with it: `$schema`.
        _ => {
            text.starts_with('.').then_some(text.strip_prefix('.').filter(|rest| rest.starts_with('[')).unwrap_or(text))
        }
    };
    match below_root {
        Some(rest) => more(Vec::new(), rest),
        None => {
            let (step, rest) = name(text)?;
            more(vec![step], rest)
        }
    }
}

fn more(mut steps: Vec<String>, mut rest: &str) -> Result<Vec<String>, &'static str> {
    while !rest.is_empty() {
        let (step, left) = match rest.strip_prefix('.') {
            Some(after) if after.len() > 1 && after.starts_with('.') => return Err(ONE_PLACE),
            Some(after) => name(after)?,
            None => bracket(rest)?,
        };
        steps.push(step);
        rest = left;
    }
    Ok(steps)
}

/// A key up to the next dot or bracket.
fn name(text: &str) -> Result<(String, &str), &'static str> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (step, rest) = text.split_at(end);
    match step {
        "" if rest.starts_with('[') => Err(ONE_PLACE),
        "" => Err(EMPTY_STEP),
        "*" | "#" => Err(ONE_PLACE),
        step if step.contains(['(', ')', ']']) => Err(ONE_PLACE),
        step => Ok((step.to_owned(), rest)),
    }
}

/// `[0]`, `['key']` or `["key"]`.
fn bracket(text: &str) -> Result<(String, &str), &'static str> {
    let inner = text.strip_prefix('[').ok_or(ONE_PLACE)?;
    let quote = inner.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let Some(quote) = quote else {
        let (step, rest) = inner.split_once(']').ok_or(OPEN)?;
        let is_index = !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
        return if is_index { Ok((step.to_owned(), rest)) } else { Err(ONE_PLACE) };
    };
    let mut step = String::new();
    let mut chars = inner[1..].char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => step.push(chars.next().ok_or(OPEN)?.1),
            c if c == quote => {
                let rest = inner[1 + at + 1..].strip_prefix(']').ok_or(OPEN)?;
                return Ok((step, rest));
            }
            c => step.push(c),
        }
    }
    Err(OPEN)
}

#[cfg(test)]
mod tests {
    use super::{EMPTY_STEP, ONE_PLACE, OPEN, steps};

    #[test]
    fn every_tool_writes_the_same_place_in_its_way() {
        for text in [
            "a.b.0.c",
            "a.b[0].c",
            "$.a.b[0].c",
            "$['a']['b'][0]['c']",
            "$[\"a\"].b[0].c",
            ".a.b[0].c",
            "[BODY].a.b[0].c",
            "$.a['b'][0].c",
        ] {
            assert_eq!(steps(text).unwrap(), ["a", "b", "0", "c"], "{text}");
        }
        for (text, expected) in [
            ("$", &[][..]),
            ("$[0]", &["0"]),
            (".[0].a", &["0", "a"]),
            ("$schema", &["$schema"]),
            ("$schema.$id", &["$schema", "$id"]),
            ("$['a.b']", &["a.b"]),
            ("$['it\\'s']", &["it's"]),
            ("a/b", &["a/b"]),
            ("a b.c-d", &["a b", "c-d"]),
            ("@type", &["@type"]),
        ] {
            assert_eq!(steps(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_one_place_is_refused_with_the_right_form() {
        for (text, expected) in [
            ("", EMPTY_STEP),
            (".", EMPTY_STEP),
            ("a.", EMPTY_STEP),
            ("$.", EMPTY_STEP),
            ("a..b", ONE_PLACE),
            ("$..b", ONE_PLACE),
            ("..a", ONE_PLACE),
            ("a.*", ONE_PLACE),
            ("$.a[*].b", ONE_PLACE),
            ("$.a[-1]", ONE_PLACE),
            ("$.a[0:2]", ONE_PLACE),
            ("$.a[?(@.b=='c')]", ONE_PLACE),
            ("a.#", ONE_PLACE),
            ("len([BODY].a)", ONE_PLACE),
            ("a[]", ONE_PLACE),
            ("a[0", OPEN),
            ("$['a", OPEN),
            ("$['a'x", OPEN),
            ("$['a\\", OPEN),
            ("a[0]b", ONE_PLACE),
            ("a.[0]", ONE_PLACE),
            ("a]", ONE_PLACE),
        ] {
            assert_eq!(steps(text), Err(expected), "{text}");
        }
    }
}
