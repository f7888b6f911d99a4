//! The methods' handlers, one file a noun: parameters in, engine, result out.

pub(crate) mod utility;
