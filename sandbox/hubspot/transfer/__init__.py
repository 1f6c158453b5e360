"""Files in and out: imports of CSV, exports, and links that open without signing in."""
