//! The rules of conditions, held over whole reports.
