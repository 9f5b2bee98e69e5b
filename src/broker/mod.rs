//! The broker: listeners, dispatch, one handler an API key.
