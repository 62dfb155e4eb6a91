//! A line that the next one overwrites, for whoever waits at a terminal.

use std::io::{IsTerminal, Write};

/// Shows the line, on terminals only.
pub fn show_progress(text: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\u{1b}[K{text}");
        let _ = std::io::stderr().flush();
    }
}

/// Removes the line.
pub fn clear_progress() {
    show_progress("");
}
