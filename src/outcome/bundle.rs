//! What the scripts that browsers get hold of the values of variables.

/// What was found in the scripts of a page. No value is in it but URLs, as they may be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bundle {
    /// The absolute URLs in the scripts.
    pub urls: Vec<String>,
    /// Variables for browsers whose values are in the scripts, with their URLs.
    pub built_in: Vec<(String, String)>,
    /// Those whose values are not.
    pub absent: Vec<(String, String)>,
    /// Variables whose values are secrets, and are in the scripts.
    pub exposed: Vec<String>,
    /// Why the scripts could not be searched.
    pub unread: Option<String>,
}
