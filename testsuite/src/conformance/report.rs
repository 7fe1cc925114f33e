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
        self.reason("failed", count, &reason.into());
    }

    /// A directive that couldn't be checked.
    pub fn skip(&mut self, reason: impl Into<String>) {
        self.skip_all(1, reason);
    }

    /// Directives that couldn't be checked for one reason.
    pub fn skip_all(&mut self, count: usize, reason: impl Into<String>) {
        self.skipped += count;
        self.reason("skipped", count, &reason.into());
    }

    fn reason(&mut self, what: &str, count: usize, reason: &str) {
        self.reasons.push(match count {
            1 => format!("{what}: {reason}"),
            _ => format!("{what}: {reason} ({count} directives)"),
        });
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
