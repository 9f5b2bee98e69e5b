//! `console-consumer` (ConsoleConsumer): records of topics go to standard output.

mod formatter;
mod options;
