//! What people may ask for. A command is checked, then decided by a pure function: what it causes, or why it is
//! refused.

mod preference;
mod request;
mod template;
#[cfg(test)]
mod tests;

pub use preference::UpdatePreference;
pub use request::{RequestNotification, RequestRejection, request};
pub use template::{TemplateRejection, TemplateWritten, UpdateTemplate, update_template};
