//! Neural networks, each in a form that can be read and a form that is fast and tested against it.
