//! Record batches of message format v2, as bytes.
