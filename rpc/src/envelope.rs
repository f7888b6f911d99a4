//! The JSON-RPC 2.0 envelope: text to requests, outcomes to reply lines.
//!
//! Replies are compact JSON without a newline, members in the order `jsonrpc`,
//! `id`, `result` or `error`.

use crate::error::{METHOD_NOT_FOUND, PARSE_ERROR, RpcError};
use crate::frame::Fault;
use crate::method::Method;
use crate::table;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The most requests in one batch.
pub const MAX_BATCH: usize = 10_000;

/// The longest method name; longer ones are not found.
const MAX_NAME: usize = 127;

/// What a message turned out to be.
#[derive(Debug)]
pub enum Decoded {
    /// One request.
    Single(Request),
    /// Requests to be carried out in order; never empty.
    Batch(Vec<Request>),
    /// No request: the reply line.
    Fault(String),
}

/// One request, or an element of a batch that is none and is answered so.
#[derive(Clone, Debug)]
pub struct Request {
    id: Option<Id>,
    name: String,
    call: Result<Call, RpcError>,
    bytes: usize,
    form: Form,
}

/// What a request looks like, and its reply with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// JSON-RPC 2.0.
    Rpc,
    /// `{"tool": name, "arguments": {...}}`, answered with `success` and `result` or `error`.
    Tool,
}

/// A known method and its parameters.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub method: &'static Method,
    pub params: Arc<Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Id {
    Null,
    Number(i64),
    Text(String),
}

/// What came of a request.
pub type Outcome = Result<Value, RpcError>;

impl Request {
    /// Whether it is answered: a notification is not.
    pub const fn answers(&self) -> bool {
        self.id.is_some()
    }

    /// The method's name as it was asked for; empty when there is none.
    pub fn method(&self) -> &str {
        &self.name
    }

    /// A named parameter that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.call.as_ref().ok()?.params.get(name)?.as_str()
    }

    /// Whether it may change a project.
    pub fn edits(&self) -> bool {
        self.call.as_ref().is_ok_and(|call| call.method.edits())
    }

    pub(crate) const fn call(&self) -> Result<&Call, &RpcError> {
        self.call.as_ref()
    }

    /// Lets go of the parameters: the job that was made of them has them, and where the last
    /// hold on long ones goes, time goes.
    pub fn forget_params(&mut self) {
        if let Ok(call) = &mut self.call {
            call.params = Arc::default();
        }
    }

    /// The length of its text, about.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    fn new(value: Value, bytes: usize) -> Self {
        let Value::Object(mut members) = value else {
            return Self::invalid(Id::Null, "a request must be an object");
        };
        let id = match members.remove("id").map(Id::of) {
            None => None,
            Some(Ok(id)) => Some(id),
            Some(Err(detail)) => return Self::invalid(Id::Null, detail),
        };
        if let Some(tool) = tool_of(&mut members) {
            let params = ["arguments", "params", "parameters"].into_iter();
            let params = params.filter_map(|name| members.remove(name)).next();
            let call = resolve(&tool, params.unwrap_or_default());
            // In this form everything is answered.
            let id = id.or(Some(Id::Null));
            return Self { id, call, name: tool, bytes, form: Form::Tool };
        }
        match parts(&mut members) {
            Ok((name, params)) => {
                Self { id, call: resolve(&name, params), name, bytes, form: Form::Rpc }
            }
            Err(detail) => Self::invalid(id.unwrap_or(Id::Null), detail),
        }
    }

    fn invalid(id: Id, detail: &str) -> Self {
        let call = Err(RpcError::invalid_request(detail));
        Self { id: Some(id), name: String::new(), call, bytes: 0, form: Form::Rpc }
    }
}

/// The name of a tool, if it is one that is called. Legacy names begin with `goxel_`.
fn tool_of(members: &mut Map<String, Value>) -> Option<String> {
    if members.contains_key("method") || !members.get("tool")?.is_string() {
        return None;
    }
    let Some(Value::String(name)) = members.remove("tool") else { return None };
    let bare = name.strip_prefix("goxel_").filter(|bare| !bare.is_empty());
    Some(bare.map_or(name.clone(), str::to_owned))
}

impl Id {
    fn of(value: Value) -> Result<Self, &'static str> {
        match value {
            Value::Null => Ok(Id::Null),
            Value::String(text) => Ok(Id::Text(text)),
            Value::Number(number) => number
                .as_i64()
                .map(Id::Number)
                .ok_or("id must be a 64-bit integer, a string or null"),
            _ => Err("id must be a 64-bit integer, a string or null"),
        }
    }
}

/// The most objects and arrays in a message. Each takes a few hundred bytes once
/// parsed, so a message of nothing else would take a hundred times its size.
const MAX_CONTAINERS: usize = 1 << 19;

/// How many objects and arrays a message can hold at most; those in strings count.
fn opening_brackets(message: &[u8]) -> usize {
    message.iter().filter(|byte| matches!(byte, b'{' | b'[')).count()
}

/// Decodes one message. Pure: any thread may do it.
pub fn decode(message: &[u8]) -> Decoded {
    if opening_brackets(message) > MAX_CONTAINERS {
        let why = format!("more than {MAX_CONTAINERS} objects and arrays in one message");
        return Decoded::Fault(error_reply(&RpcError::parse(why)));
    }
    let value = match serde_json::from_slice(message) {
        Ok(value) => value,
        Err(error) => return Decoded::Fault(error_reply(&RpcError::parse(error.to_string()))),
    };
    match value {
        Value::Array(elements) => batch(elements),
        single => match Request::new(single, message.len()) {
            Request { id, call: Err(error), name, .. } if name.is_empty() => {
                Decoded::Fault(line(id.as_ref().unwrap_or(&Id::Null), &Err(error)))
            }
            request => Decoded::Single(request),
        },
    }
}

/// About how long the text of a value is.
fn length(value: &Value) -> usize {
    2 + match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(length).sum(),
        Value::Object(map) => map.iter().map(|(name, value)| name.len() + length(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 2,
    }
}

fn batch(elements: Vec<Value>) -> Decoded {
    if elements.is_empty() {
        return Decoded::Fault(error_reply(&RpcError::invalid_request(
            "a batch must not be empty",
        )));
    }
    if elements.len() > MAX_BATCH {
        let error = RpcError::invalid_request("the batch has too many requests");
        return Decoded::Fault(error_reply(&error.with("max_batch", MAX_BATCH)));
    }
    let request = |element: Value| {
        let bytes = length(&element);
        Request::new(element, bytes)
    };
    Decoded::Batch(elements.into_iter().map(request).collect())
}

fn parts(members: &mut Map<String, Value>) -> Result<(String, Value), &'static str> {
    if members.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err("jsonrpc must be \"2.0\"");
    }
    let Some(Value::String(name)) = members.remove("method") else {
        return Err("method must be a string");
    };
    if name.is_empty() {
        return Err("method must not be empty");
    }
    match members.remove("params").unwrap_or_default() {
        params @ (Value::Null | Value::Array(_) | Value::Object(_)) => Ok((name, params)),
        _ => Err("params must be an array or an object"),
    }
}

fn resolve(name: &str, params: Value) -> Result<Call, RpcError> {
    match table::find(name) {
        Some(method) if name.len() <= MAX_NAME => Ok(Call { method, params: Arc::new(params) }),
        _ => Err(not_found(name)),
    }
}

fn not_found(name: &str) -> RpcError {
    let shown = &name[..name.floor_char_boundary(MAX_NAME)];
    let error =
        RpcError::new(METHOD_NOT_FOUND, format!("Method not found: {shown}"), "method_not_found");
    match table::why_not(name) {
        Some(why) => error.with("detail", why),
        None => error,
    }
}

/// The reply line of a request, without a newline. For a notification too: the
/// caller drops it.
pub fn reply(request: &Request, outcome: &Outcome) -> String {
    let id = request.id.as_ref().unwrap_or(&Id::Null);
    match request.form {
        Form::Rpc => line(id, outcome),
        Form::Tool => tool_line(id, outcome),
    }
}

/// The reply line of a batch from the replies of those of its requests that are answered.
pub fn batch_reply(parts: &[String]) -> String {
    format!("[{}]", parts.join(","))
}

/// The reply line for input that is no message.
pub fn fault_reply(fault: &Fault) -> String {
    error_reply(&match fault {
        Fault::TooLarge { max } => {
            RpcError::new(PARSE_ERROR, "Parse error: JSON message too large", "message_too_large")
                .with("max_bytes", *max)
        }
        Fault::Syntax => RpcError::parse("the text is no JSON object or array"),
        Fault::TooDeep => RpcError::parse("brackets are nested too deep"),
    })
}

/// The reply line of an error that belongs to no request: its id is null.
pub fn error_reply(error: &RpcError) -> String {
    line(&Id::Null, &Err(error.clone()))
}

#[derive(Serialize)]
struct Reply<'a> {
    jsonrpc: &'static str,
    id: &'a Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a RpcError>,
}

fn line(id: &Id, outcome: &Outcome) -> String {
    let (result, error) = (outcome.as_ref().ok(), outcome.as_ref().err());
    let reply = Reply { jsonrpc: "2.0", id, result, error };
    serde_json::to_string(&reply).expect("values with string keys always serialise")
}

#[derive(Serialize)]
struct ToolReply<'a> {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a RpcError>,
}

fn tool_line(id: &Id, outcome: &Outcome) -> String {
    let (result, error) = (outcome.as_ref().ok(), outcome.as_ref().err());
    let id = Some(id).filter(|id| **id != Id::Null);
    let reply = ToolReply { success: outcome.is_ok(), id, result, error };
    serde_json::to_string(&reply).expect("values with string keys always serialise")
}

#[cfg(test)]
mod tests;
