//! How much work may be spent on the texts of one answer.

use std::cell::Cell;

/// What one answer may cost. A quarter of a megabyte with dozens of secrets takes a tenth of it; what is made to cost more
/// is not worth being shown.
const MOST: usize = 64 << 20;

/// The steps that are left. A step is a look at one character in one reading of a text.
pub(super) struct Steps(Cell<usize>);

impl Default for Steps {
    fn default() -> Self {
        Self(Cell::new(MOST))
    }
}

impl Steps {
    /// Takes some, or all that are left; `false` where there were too few.
    pub(super) fn spend(&self, steps: usize) -> bool {
        let left = self.0.get().checked_sub(steps);
        self.0.set(left.unwrap_or(0));
        left.is_some() && !self.exhausted()
    }

    /// Whether none are left: nobody knows then what else a text holds.
    pub(super) fn exhausted(&self) -> bool {
        self.0.get() == 0
    }

    #[cfg(test)]
    pub(super) fn leave(&self, steps: usize) {
        self.0.set(steps);
    }

    #[cfg(test)]
    pub(super) fn spent(&self) -> usize {
        MOST - self.0.get()
    }
}
