//! Sorting, for lists of any type by the same code.
//!
//! The standard library's sort is compiled anew for each type and each key, some 5 KB a time. Here it orders positions,
//! once for the whole program; what is compiled for a type only moves its elements. Stable, in `n log n` comparisons.

use std::cmp::Ordering;

/// Sorts by a key; what has the same one keeps its order.
pub fn sort_by_key<T, K: Ord>(list: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(list, |a, b| key(a).cmp(&key(b)));
}

/// Sorts by a comparison; what is equal keeps its order.
pub fn sort_by<T>(list: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let mut from = positions(list.len(), &|a, b| compare(&list[a], &list[b]));
    // Each cycle of the permutation is walked once; a position that was filled points at itself.
    for start in 0..list.len() {
        let mut at = start;
        loop {
            let source = std::mem::replace(&mut from[at], at);
            if source == start {
                break;
            }
            list.swap(at, source);
            at = source;
        }
    }
}

/// For each position, where what belongs there stands now.
#[inline(never)]
fn positions(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut from: Vec<usize> = (0..count).collect();
    from.sort_by(|a, b| compare(*a, *b));
    from
}

#[cfg(test)]
mod tests {
    use super::{sort_by, sort_by_key};

    #[test]
    fn it_is_what_the_standard_library_does() {
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        for length in (0..50).chain([1_000]) {
            let list: Vec<(u32, String)> = (0..length).map(|place| (random() % 20, place.to_string())).collect();
            let (mut ours, mut theirs) = (list.clone(), list);
            sort_by_key(&mut ours, |(key, _)| *key);
            theirs.sort_by_key(|(key, _)| *key);
            assert_eq!(ours, theirs, "by key, with equal ones in their order");
            sort_by(&mut ours, |a, b| b.1.cmp(&a.1));
            theirs.sort_by(|a, b| b.1.cmp(&a.1));
            assert_eq!(ours, theirs, "by comparison");
        }
    }
}
