//! What the service does when something happens: a module for each subscription.

pub mod accounts;
pub mod books;
pub mod grades;
pub mod kitchen_plan;
pub mod lunch_log;
