//! TODO
mod proto;

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((command, rest)) if command == "proto" => proto::run(rest),
        _ => Err("usage: cargo xtask proto [--check]".into()),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            let _ = std::io::Write::write_fmt(&mut std::io::stderr().lock(), format_args!("{error}\n"));
            std::process::ExitCode::FAILURE
        }
    }
}
