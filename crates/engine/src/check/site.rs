//! Where the check stands: in the document, and in Argo's way of telling it.

use tiphys_spec as spec;

/// A place in the document with the words that Argo puts before what it says there.
///
/// Inside a template of another document the place stays at the reference: that is the only text of
/// the checked document that has to do with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Site {
    path: String,
    fixed: bool,
    prefix: String,
}

impl Site {
    pub(super) fn new(path: &str) -> Site {
        Site { path: path.to_owned(), fixed: false, prefix: String::new() }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn field(&self, name: &str) -> Site {
        let path = if self.fixed { self.path.clone() } else { spec::path_field(&self.path, name) };
        Site { path, fixed: self.fixed, prefix: self.prefix.clone() }
    }

    pub(super) fn index(&self, index: usize) -> Site {
        let path = if self.fixed { self.path.clone() } else { spec::path_index(&self.path, index) };
        Site { path, fixed: self.fixed, prefix: self.prefix.clone() }
    }

    /// A site at the same place where everything below belongs to another document.
    pub(super) fn fixed(&self) -> Site {
        Site { fixed: true, ..self.clone() }
    }

    /// The site at the path, told with the same words.
    pub(super) fn moved_to(&self, path: String) -> Site {
        Site { path, fixed: false, prefix: self.prefix.clone() }
    }

    /// The same site with more words before what is said.
    pub(super) fn told_as(&self, words: &str) -> Site {
        Site { prefix: format!("{}{words} ", self.prefix), ..self.clone() }
    }

    pub(super) fn is_fixed(&self) -> bool {
        self.fixed
    }

    pub(super) fn told(&self, message: &str) -> String {
        format!("{}{message}", self.prefix)
    }
}
