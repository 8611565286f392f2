mod markers;
mod render;
mod substitute;
mod tokens;
