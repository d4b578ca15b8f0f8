//! What a server can do, of which a client chooses.

/// Always set by clients since version 4.1.
pub(super) const LONG_PASSWORD: u32 = 1;
/// All flags of a column.
pub(super) const LONG_FLAG: u32 = 1 << 2;
/// The response names a database.
pub(super) const CONNECT_WITH_DB: u32 = 1 << 3;
/// The protocol of version 4.1.
pub(super) const PROTOCOL_41: u32 = 1 << 9;
/// TLS.
pub(super) const SSL: u32 = 1 << 11;
/// The status of transactions in answers.
pub(super) const TRANSACTIONS: u32 = 1 << 13;
/// The login of version 4.1.
pub(super) const SECURE_CONNECTION: u32 = 1 << 15;
/// Login plugins.
pub(super) const PLUGIN_AUTH: u32 = 1 << 19;
/// Attributes that the client names itself with.
pub(super) const CONNECT_ATTRS: u32 = 1 << 20;
/// Proofs of any length.
pub(super) const PLUGIN_AUTH_LENENC: u32 = 1 << 21;
