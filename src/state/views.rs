//! The views of all checks, in blocks that snapshots share: a change costs a copy of one block of pointers, and a new snapshot
//! a copy of the list of blocks, however many checks there are.

use std::ops::Index;
use std::sync::Arc;

use super::view::CheckView;

/// About the square root of the most checks that are expected: a block and the list of blocks are both short.
const BLOCK: usize = 64;

/// Every check, in the order of the plan.
#[derive(Debug, Clone, Default)]
pub struct Views {
    /// All but the last one are full.
    blocks: Vec<Arc<Vec<Arc<CheckView>>>>,
}

impl Views {
    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<CheckView>> + Clone {
        self.blocks.iter().flat_map(|block| block.iter())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.last().map_or(0, |last| (self.blocks.len() - 1) * BLOCK + last.len())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// At most as many as fit into a block, from this position on.
    pub fn from(&self, start: usize) -> impl Iterator<Item = &Arc<CheckView>> {
        self.blocks.get(start / BLOCK).into_iter().flat_map(move |block| block.iter().skip(start % BLOCK))
    }

    /// Replaces one. Snapshots that were taken before keep the former one.
    pub(super) fn set(&mut self, at: usize, view: Arc<CheckView>) {
        Arc::make_mut(&mut self.blocks[at / BLOCK])[at % BLOCK] = view;
    }
}

impl Index<usize> for Views {
    type Output = Arc<CheckView>;

    fn index(&self, at: usize) -> &Self::Output {
        &self.blocks[at / BLOCK][at % BLOCK]
    }
}

impl FromIterator<Arc<CheckView>> for Views {
    fn from_iter<I: IntoIterator<Item = Arc<CheckView>>>(views: I) -> Self {
        let mut blocks: Vec<Vec<Arc<CheckView>>> = Vec::new();
        for view in views {
            match blocks.last_mut().filter(|last| last.len() < BLOCK) {
                Some(last) => last.push(view),
                None => {
                    let mut block = Vec::with_capacity(BLOCK);
                    block.push(view);
                    blocks.push(block);
                }
            }
        }
        Self { blocks: blocks.into_iter().map(Arc::new).collect() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::{any, prop_assert, proptest};

    use super::{BLOCK, Views};
    use crate::state::CheckView;
    use crate::testing::{NONE, few_cases, view};
    use crate::verdict::Verdict;

    fn named(name: &str) -> CheckView {
        view(name, NONE, Verdict::Unknown, None)
    }

    fn views(count: usize) -> Views {
        (0..count).map(|number| Arc::new(named(&number.to_string()))).collect()
    }

    #[test]
    fn every_position_is_reached_and_a_change_copies_one_block() {
        for count in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            let views = views(count);
            assert_eq!((views.len(), views.is_empty()), (count, count == 0));
            assert!(views.iter().enumerate().all(|(at, view)| view.name == at.to_string()));
            assert_eq!(views.iter().count(), count);
            assert_eq!(views.from(count).count(), 0);
        }
        let mut new = views(2 * BLOCK + 1);
        let old = new.clone();
        new.set(BLOCK + 3, Arc::new(named("other")));
        assert_eq!((new[BLOCK + 3].name.as_str(), old[BLOCK + 3].name.as_str()), ("other", "67"));
        assert!(Arc::ptr_eq(&new.blocks[0], &old.blocks[0]) && !Arc::ptr_eq(&new.blocks[1], &old.blocks[1]));
        assert_eq!(new.from(BLOCK + 3).next().map(|view| view.name.as_str()), Some("other"));
        assert_eq!(new.from(2 * BLOCK).count(), 1);
    }

    proptest! {
        #![proptest_config(few_cases())]

        #[test]
        fn views_are_a_list_whose_older_copies_stay(
            count in 1..4 * BLOCK, changes in proptest::collection::vec((any::<usize>(), "[a-z]{1,4}"), 0..20),
        ) {
            let mut views = views(count);
            let mut model: Vec<String> = (0..count).map(|number| number.to_string()).collect();
            for (at, name) in changes {
                let (older, before) = (views.clone(), model.clone());
                views.set(at % count, Arc::new(named(&name)));
                model[at % count] = name;
                for (views, model) in [(&older, &before), (&views, &model)] {
                    prop_assert!(views.iter().map(|view| &view.name).eq(model), "{model:?}");
                }
            }
            let rest: Vec<_> = views.from(count / 2).map(|view| view.name.clone()).collect();
            prop_assert!(!rest.is_empty() && model[count / 2..].starts_with(&rest), "a part, in order");
        }
    }
}
