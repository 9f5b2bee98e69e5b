//! One match from a request to its handler, and nothing else.
//!
//! The arms grow from the table of APIs: a row without a handler does not compile.

use super::answer::Answer;
use super::context::RequestContext;
use crate::protocol::{Request, for_each_api};

/// Answers one kind of request.
pub(super) trait Handle {
    /// Does what the request asks for.
    async fn handle(self, context: &RequestContext<'_>) -> Answer;
}

macro_rules! define_dispatch {
    ($($name:ident = $key:literal, $min:literal..=$max:literal, $crate_max:literal,
       $flexible:literal, $request:ident, $response:ident, $skeleton:ident;)*) => {
        /// Hands a request to its handler.
        pub(super) async fn dispatch(request: Request, context: &RequestContext<'_>) -> Answer {
            match request {
                $(Request::$name(request) => Box::pin(request.handle(context)).await,)*
            }
        }
    };
}
for_each_api!(define_dispatch);
