//! Every bound of the engine, by name (I10).

/// Most nodes entered by one call of `handle`, so that a large fan-out shares the shard.
pub const ENTER_PER_CALL: usize = 1_000;

/// Most bytes that texts and expressions go through in one call of `handle`, give or take one text: a thousand nodes, each
/// with an expression just below its own limits, would hold up all other runs for minutes.
pub const EFFORT_PER_CALL: u64 = 16 << 20;

/// Most nodes of one workflow.
pub const NODES_MAX: usize = 4_000_000;

/// Most steps and dag nodes of one workflow: templates that call each other, and one of them twice, come to far more
/// than any depth keeps within bounds.
pub const FRAMES_MAX: usize = 500_000;

/// Steps and dag nodes of one workflow beyond which no template is called within itself: whoever wrote one that calls
/// itself twice would get millions of them.
pub const RECURSION_FRAMES_MAX: usize = 10_000;

/// Most bytes of text that one workflow keeps, beside `TEXT_BYTES_PER_NODE` for each of its nodes: inputs, items of loops,
/// outputs of steps and dags. Texts made of texts double with each call, and the journal keeps every one of them.
pub const TEXT_BYTES_MAX: u64 = 64 << 20;

/// What each node may bring of its own, so that a wide workflow has as much room as a narrow one.
pub const TEXT_BYTES_PER_NODE: u64 = 4 << 10;

/// How deep templates may call each other (EX-113).
pub const DEPTH_MAX: u32 = 100;

/// Most characters of a message kept on a node.
pub const MESSAGE_CHARS_MAX: usize = 16_384;

/// How often a text is scanned again because a value brought tags of its own (TP-006).
pub const RENDER_PASSES_MAX: usize = 4;

/// Most steps on the paths through a container set that are followed to its exit points: diamonds behind diamonds have
/// more paths than anybody can follow.
pub const SET_PATH_STEPS_MAX: usize = 10_000;
