//! The pages of the order desk: a log-in form, a table that can be searched, and a form that refunds an order.

/// An order of the desk: number, customer, town, and whether it is late.
pub(crate) type Order = (u32, &'static str, &'static str, bool);

pub(crate) const ORDERS: &[Order] = &[
    (4107, "Aino Virtanen", "Helsinki", false),
    (4112, "Otto Laine", "Turku", true),
    (4118, "Helmi Korhonen", "Oulu", true),
    (4121, "Eino Salo", "Turku", false),
    (4125, "Venla Niemi", "Turku", false),
    (4130, "Toivo Heino", "Tampere", false),
];

const STYLE: &str = "
body { margin: 0; font: 15px 'DejaVu Sans', sans-serif; background: #eceff3; color: #1f2937 }
header { background: #25303f; color: #f8f9fb; padding: 14px 40px; font-size: 18px }
main { width: 660px; margin: 22px auto; padding: 14px 30px 26px; background: #f8f9fb }
h1 { font-size: 20px; font-weight: normal }
label { display: block; margin: 12px 0 4px }
input { font: inherit; width: 300px; height: 34px; padding: 0 10px; border: 2px solid #8a94a3; background: #ffffff }
input:focus { outline: none; border-color: #2563eb }
button, .button { display: inline-block; font: inherit; border: 0; background: #2563eb; color: #ffffff;
  padding: 8px 18px; text-decoration: none }
form > button { margin-top: 20px; height: 38px }
.search { display: flex; gap: 12px; align-items: center } .search > * { margin: 0 }
table { width: 100%; margin-top: 18px; border-collapse: collapse }
th, td { text-align: left; height: 46px; border-bottom: 1px solid #c4cad3; padding: 0 8px }
.mark { display: inline-block; width: 62px; padding: 2px 0; text-align: center; color: #ffffff; font-size: 13px }
.late { background: #c62828 } .paid { background: #2e7d32 }
.offer { height: 52px; line-height: 52px; text-align: center; background: #6d28d9; color: #ffffff }
.wrong, .done { padding: 20px 16px; margin: 14px 0; color: #ffffff }
.wrong { background: #c62828 } .done { background: #2e7d32 }
";

/// An offer that slides in at the very moment of the first click, and pushes everything below it down: between a look at
/// the screen and the click the target has moved.
const OFFER: &str = "<script>
addEventListener('mousedown', () => {
  const offer = document.createElement('div');
  offer.className = 'offer';
  offer.textContent = 'New: label printers at half price';
  document.querySelector('h1').before(offer);
}, { once: true });
</script>";

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style>\
         <header>Order desk</header><main><h1>{title}</h1>{body}</main></html>"
    )
}

pub(crate) fn log_in(refused: bool) -> String {
    let told = if refused { "<p class=wrong>Unknown name or password</p>" } else { "" };
    let form = "<form method=post action=/sign-in enctype=text/plain autocomplete=off>\
         <label for=name>Name</label><input id=name name=name>\
         <label for=password>Password</label><input id=password name=password type=password>\
         <br><button>Sign in</button></form>";
    page("Sign in", &format!("{told}{form}"))
}

/// The orders of a town; all of them if none is given.
pub(crate) fn orders(town: &str) -> String {
    let found = ORDERS.iter().filter(|order| order.2.eq_ignore_ascii_case(town) || town.is_empty());
    let rows: String = found.map(row).collect();
    let offer = if town.is_empty() { "" } else { OFFER };
    let body = format!(
        "<form class=search action=/orders><label for=town>Town</label><input id=town name=town><button>Search</button></form>\
         <table><tr><th>Order<th>Customer<th>Town<th>State<th></tr>{rows}</table>{offer}"
    );
    page("Orders", &body)
}

fn row(&(number, customer, town, late): &Order) -> String {
    let (class, word) = if late { ("late", "late") } else { ("paid", "on time") };
    format!(
        "<tr><td>{number}<td>{customer}<td>{town}<td><span class=\"mark {class}\">{word}</span>\
         <td><a class=button href=/refund/{number}>Refund</a></tr>"
    )
}

pub(crate) fn refund((number, customer, ..): &Order) -> String {
    let body = format!(
        "<p>{customer} gets money back.</p><form method=post action=/refund/{number} enctype=text/plain autocomplete=off>\
         <label for=amount>Amount in euros</label><input id=amount name=amount>\
         <label for=reason>Reason</label><input id=reason name=reason>\
         <br><button>Pay back</button></form>"
    );
    page(&format!("Refund for order {number}"), &body)
}

pub(crate) fn refunded((number, customer, ..): &Order, receipt: usize) -> String {
    let body = format!("<p class=done>{customer} has been paid back. Receipt {receipt}.</p>");
    page(&format!("Refund for order {number}"), &body)
}
