/// Why linking failed.
#[derive(Debug)]
pub struct LinkError;
impl std::fmt::Display for LinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("link")
    }
}
impl std::error::Error for LinkError {}
