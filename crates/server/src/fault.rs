//! What went wrong with a request, in the words and numbers of Argo's API (API-040 to API-043, API-046).

use axum::http::StatusCode;
use serde_json::{Value, json};
use tiphys_controller::Refused;
use tiphys_store::StoreError;

/// The kind of a fault; the numbers are gRPC's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Unknown = 2,
    InvalidArgument = 3,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

impl Code {
    /// The status of HTTP for it (API-041).
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Code::InvalidArgument => StatusCode::BAD_REQUEST,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::AlreadyExists => StatusCode::CONFLICT,
            Code::PermissionDenied => StatusCode::FORBIDDEN,
            Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Code::Unauthenticated => StatusCode::UNAUTHORIZED,
            Code::Unknown | Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A request that could not be fulfilled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: Code,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Fault {
        Fault { code, message: message.into() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Fault {
        Fault::new(Code::InvalidArgument, message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Fault {
        Fault::new(Code::Internal, message)
    }

    /// An object is not there, as Kubernetes says it.
    pub(crate) fn missing(resource: &str, name: &str) -> Fault {
        Fault::new(Code::NotFound, format!("{resource} \"{name}\" not found"))
    }

    /// What is to be made says that it belongs elsewhere, as Kubernetes says it.
    pub(crate) fn elsewhere() -> Fault {
        Fault::invalid(
            "the namespace of the provided object does not match the namespace sent on the request",
        )
    }

    /// Nothing answers to this path and method (API-020).
    pub(crate) fn unimplemented() -> Fault {
        Fault::new(Code::Unimplemented, "Not Implemented")
    }

    /// The body of an answer that is one document (API-040).
    pub(crate) fn body(&self) -> Value {
        json!({ "code": self.code as i32, "message": self.message })
    }

    /// The chunk of a stream (API-056).
    pub(crate) fn chunk(&self) -> Value {
        let status = self.code.status();
        json!({ "error": {
            "grpc_code": self.code as i32,
            "http_code": status.as_u16(),
            "message": self.message,
            "http_status": status.canonical_reason().unwrap_or_default(),
        }})
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        Fault::new(Code::Unavailable, error.to_string())
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Fault {
        let code = match refused {
            Refused::Taken { .. } | Refused::Driven(_) => Code::AlreadyExists,
            Refused::Invalid(_) => Code::InvalidArgument,
            Refused::Missing(_) => Code::NotFound,
            Refused::World(_) => Code::Unavailable,
            Refused::Bug(_) => Code::Internal,
        };
        Fault::new(code, refused.to_string())
    }
}

impl From<tiphys_controller::Gone> for Fault {
    fn from(gone: tiphys_controller::Gone) -> Fault {
        Fault::new(Code::Unavailable, gone.to_string())
    }
}
