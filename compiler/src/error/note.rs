//! Why an executable doesn't say what it is made of.

/// Why a file has no note to read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is something else.
    #[error("the file is no ELF executable")]
    NotElf { wasm: bool },
    /// It ends early.
    #[error("the file is cut off: it has {len} bytes, and says that there are {expected}")]
    Truncated { len: u64, expected: u64 },
    /// It was made by another tool.
    #[error("the executable wasn't made by nanocc: it has no note of nanocc's")]
    Foreign,
    /// The note is of a version that isn't known.
    #[error("the executable's note has version {schema}, and this nanocc reads version {reads}")]
    Version {
        schema: u64,
        /// The one that is.
        reads: u64,
    },
    /// Its parts don't fit together.
    #[error("the file is damaged: {0}")]
    Damaged(String),
}

impl NoteError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(
            match self {
                NoteError::NotElf { wasm: true } => {
                    "for a component that isn't compiled yet, `nanocc explain` says what it would need"
                }
                NoteError::NotElf { wasm: false } => "name an executable that nanocc has made",
                NoteError::Truncated { .. } | NoteError::Damaged(_) => {
                    "copy it again, or compile it anew"
                }
                NoteError::Foreign => "it may also have been removed: `strip` keeps it, `objcopy -R` doesn't",
                NoteError::Version { schema, reads } if schema < reads => {
                    "compile it anew, or use the nanocc that made it"
                }
                NoteError::Version { .. } => "use the nanocc that made it, or a newer one",
            }
            .to_owned(),
        )
    }
}
