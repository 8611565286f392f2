use lakeorm::Client;

fn main() {
    Client::new("sc://localhost:15002");
}
