//! What came of a script.

/// Counts of directives, and the reasons of those that didn't pass.
#[derive(Debug, Default)]
pub struct Report {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
    /// Of failures and skips, a line each or more.
    pub reasons: Vec<String>,
}

impl Report {
    /// A directive that passed.
    pub fn pass(&mut self) {
        self.passed += 1;
    }

    /// A directive that failed.
    pub fn fail(&mut self, reason: impl Into<String>) {
        self.fail_all(1, reason);
    }

    /// Directives that failed for one reason.
    pub fn fail_all(&mut self, count: usize, reason: impl Into<String>) {
        self.failed += count;
        let reason = reason.into();
        self.reasons.push(match count {
            1 => format!("failed: {reason}"),
            _ => format!("failed: {reason} ({count} directives)"),
        });
    }

    /// A directive that couldn't be checked.
    pub fn skip(&mut self, reason: impl Into<String>) {
        self.skipped += 1;
        self.reasons.push(format!("skipped: {}", reason.into()));
    }

    /// Adds another's counts and reasons.
    pub fn add(&mut self, other: Report) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.reasons.extend(other.reasons);
    }

    /// `N passed, N failed, N skipped`.
    pub fn counts(&self) -> String {
        format!(
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}
