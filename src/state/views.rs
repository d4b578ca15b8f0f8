//! The views of all checks, in a tree that snapshots share: a change is made in place, or where a snapshot is in use copies one
//! path of the tree, a few dozen pointers however many checks there are.

use std::ops::Index;
use std::sync::Arc;

use super::view::CheckView;

/// How many views a block has, and blocks a group.
const WIDTH: usize = 16;

/// All but the last one have [`WIDTH`] views.
type Block = Arc<Vec<Arc<CheckView>>>;

/// Every check, in the order of the plan.
#[derive(Debug, Clone, Default)]
pub struct Views {
    /// All but the last one have [`WIDTH`] blocks.
    groups: Vec<Arc<Vec<Block>>>,
    len: usize,
}

impl Views {
    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<CheckView>> + Clone {
        self.groups.iter().flat_map(|group| group.iter()).flat_map(|block| block.iter())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// At most as many as fit into a block, from this position on.
    pub fn from(&self, start: usize) -> impl Iterator<Item = &Arc<CheckView>> {
        let (group, block, at) = place(start);
        self.groups
            .get(group)
            .and_then(|group| group.get(block))
            .into_iter()
            .flat_map(move |block| block.iter().skip(at))
    }

    /// Replaces one. Snapshots that were taken before keep the former one.
    pub(super) fn set(&mut self, at: usize, view: Arc<CheckView>) {
        let (group, block, at) = place(at);
        let group = Arc::make_mut(&mut self.groups[group]);
        Arc::make_mut(&mut group[block])[at] = view;
    }
}

/// The group, the block in it, and the place in that.
const fn place(at: usize) -> (usize, usize, usize) {
    (at / WIDTH / WIDTH, at / WIDTH % WIDTH, at % WIDTH)
}

impl Index<usize> for Views {
    type Output = Arc<CheckView>;

    fn index(&self, at: usize) -> &Self::Output {
        let (group, block, at) = place(at);
        &self.groups[group][block][at]
    }
}

impl FromIterator<Arc<CheckView>> for Views {
    fn from_iter<I: IntoIterator<Item = Arc<CheckView>>>(views: I) -> Self {
        let views: Vec<_> = views.into_iter().collect();
        let blocks: Vec<Block> = views.chunks(WIDTH).map(|block| Arc::new(block.to_vec())).collect();
        Self { groups: blocks.chunks(WIDTH).map(|group| Arc::new(group.to_vec())).collect(), len: views.len() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::{any, prop_assert, proptest};

    use super::{Views, WIDTH};
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
        for count in
            [0, 1, WIDTH - 1, WIDTH, WIDTH + 1, 3 * WIDTH, WIDTH * WIDTH, WIDTH * WIDTH + 1, 3 * WIDTH * WIDTH - 1]
        {
            let views = views(count);
            assert_eq!((views.len(), views.is_empty()), (count, count == 0));
            assert!(views.iter().enumerate().all(|(at, view)| view.name == at.to_string()));
            assert_eq!(views.iter().count(), count);
            assert_eq!(views.from(count).count(), 0);
        }
        let group = WIDTH * WIDTH;
        let mut new = views(2 * group + 1);
        let old = new.clone();
        let at = group + WIDTH + 3;
        new.set(at, Arc::new(named("other")));
        assert_eq!((new[at].name.as_str(), old[at].name.clone()), ("other", at.to_string()));
        let shared = |group: usize| Arc::ptr_eq(&new.groups[group], &old.groups[group]);
        assert_eq!([0, 1, 2].map(shared), [true, false, true]);
        let shared = |block: usize| Arc::ptr_eq(&new.groups[1][block], &old.groups[1][block]);
        assert_eq!([0, 1, 2].map(shared), [true, false, true]);
        assert_eq!(new.from(at).next().map(|view| view.name.as_str()), Some("other"));
        assert_eq!(new.from(at).count(), WIDTH - 3);
        assert_eq!(new.from(2 * group).count(), 1);
    }

    proptest! {
        #![proptest_config(few_cases())]

        #[test]
        fn views_are_a_list_whose_older_copies_stay(
            count in 1..2 * WIDTH * WIDTH, changes in proptest::collection::vec((any::<usize>(), "[a-z]{1,4}"), 0..20),
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
