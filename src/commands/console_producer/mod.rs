//! `console-producer` (ConsoleProducer): lines of standard input become records of a topic.

mod input;
mod line_reader;
mod options;
