//! `runner`
