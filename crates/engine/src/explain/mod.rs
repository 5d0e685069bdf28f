//! What would run, what happened and why: answers for people, computed from a plan or from a journal.
//!
//! All are pure, so that the command line and the server say the same.

mod held;
mod known;
mod made;
mod needs;
mod outline;
mod places;
mod room;
mod still;
mod tolerance;
mod values;
mod why;
mod words;

pub use held::{Held, HeldKind, held};
pub use made::made;
pub use needs::{Lock, Needs, Thing, Use};
pub use outline::{Branch, Loop, Outline, outline, outline_within};
pub use places::{Places, Wanted};
pub use room::Room;
pub use still::{standstill, wants_places};
pub use values::{Origin, Value};
pub use why::{Answer, Dependency, Life, Wait, reason, why};
pub use words::words;
