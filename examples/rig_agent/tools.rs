//! The two tools of the agent, over a shop that fits in memory.

use std::sync::{Arc, Mutex, PoisonError};

use rig::tool::{PortableTool, ToolExecutionError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What the shop sells.
const CATALOGUE: [Product; 5] = [
    Product { sku: "CAB-UC-1M", name: "USB-C cable, 1 m, 60 W", price_cents: 799, stock: 24 },
    Product { sku: "CAB-UC-2M", name: "USB-C cable, 2 m, 100 W", price_cents: 1290, stock: 11 },
    Product { sku: "CHG-30-EU", name: "Travel charger, USB-C, 30 W", price_cents: 2490, stock: 6 },
    Product { sku: "CHG-65-EU", name: "Travel charger, USB-C, 65 W", price_cents: 4490, stock: 3 },
    Product { sku: "HUB-7-ALU", name: "USB hub, 7 ports, aluminium", price_cents: 3890, stock: 8 },
];

/// One product of the catalogue, as the model sees it.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Product {
    sku: &'static str,
    name: &'static str,
    price_cents: u32,
    stock: u32,
}

impl Product {
    /// Whether every word of `query` is somewhere in the name.
    fn matches(&self, query: &str) -> bool {
        let name = self.name.to_lowercase();
        query.to_lowercase().split_whitespace().all(|word| name.contains(word))
    }
}

/// One line of the cart.
#[derive(Clone, Serialize)]
pub(crate) struct Line {
    sku: &'static str,
    quantity: u32,
    price_cents: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// The shop: a fixed catalogue and one customer's cart.
#[derive(Default)]
pub(crate) struct Shop {
    cart: Mutex<Vec<Line>>,
}

impl Shop {
    fn search(&self, query: &str) -> Vec<Product> {
        CATALOGUE.into_iter().filter(|product| product.matches(query)).collect()
    }

    fn add(&self, order: Order) -> Result<Cart, ShopError> {
        let Some(product) = CATALOGUE.iter().find(|product| product.sku == order.sku) else {
            return Err(ShopError::UnknownSku(order.sku));
        };
        if order.quantity == 0 || order.quantity > product.stock {
            return Err(ShopError::Quantity { asked: order.quantity, stock: product.stock });
        }
        let mut cart = self.cart.lock().unwrap_or_else(PoisonError::into_inner);
        cart.push(Line {
            sku: product.sku,
            quantity: order.quantity,
            price_cents: product.price_cents,
            note: order.note,
        });
        Ok(Cart { total_cents: cart.iter().map(|line| line.quantity * line.price_cents).sum(), lines: cart.clone() })
    }
}

/// Why the shop refuses an order.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShopError {
    /// The model made a product number up.
    #[error("no product has the sku {0}; search_catalogue gives the ones there are")]
    UnknownSku(String),
    /// Nothing, or more than there is.
    #[error("cannot sell {asked}: the stock is {stock}")]
    Quantity {
        /// What was asked for.
        asked: u32,
        /// What there is.
        stock: u32,
    },
}

/// `search_catalogue`: products by the words of their name.
pub(crate) struct SearchCatalogue(pub(crate) Arc<Shop>);

/// Arguments of `search_catalogue`.
#[derive(Deserialize)]
pub(crate) struct Search {
    query: String,
}

impl PortableTool for SearchCatalogue {
    const NAME: &'static str = "search_catalogue";
    type Args = Search;
    type Output = Vec<Product>;
    type Error = ShopError;

    fn description(&self) -> String {
        "Find products whose name contains every word of the query.".to_owned()
    }

    fn parameters(&self) -> Value {
        json!({
            "type": "object",
            "properties": {"query": {"type": "string", "description": "Words of the product name"}},
            "required": ["query"],
        })
    }

    async fn call(&self, search: Search) -> Result<Vec<Product>, ShopError> {
        let found = self.0.search(&search.query);
        tracing::info!(found = found.len(), "searched the catalogue");
        Ok(found)
    }
}

/// `add_to_cart`: one product, a number of times.
pub(crate) struct AddToCart(pub(crate) Arc<Shop>);

/// Arguments of `add_to_cart`.
#[derive(Deserialize)]
pub(crate) struct Order {
    sku: String,
    quantity: u32,
    note: Option<String>,
}

/// What `add_to_cart` returns: the whole cart.
#[derive(Serialize)]
pub(crate) struct Cart {
    lines: Vec<Line>,
    total_cents: u32,
}

impl PortableTool for AddToCart {
    const NAME: &'static str = "add_to_cart";
    type Args = Order;
    type Output = Cart;
    type Error = ShopError;

    fn description(&self) -> String {
        "Put a product into the cart and return the cart with its total.".to_owned()
    }

    fn parameters(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "sku": {"type": "string", "description": "Product number as search_catalogue returns it"},
                "quantity": {"type": "integer", "minimum": 1},
                "note": {"type": "string", "description": "Wish of the customer for this line, if any"},
            },
            "required": ["sku", "quantity"],
        })
    }

    // Without this the model would only read "the tool failed", and could not do better the second time.
    fn map_error(&self, error: ShopError) -> ToolExecutionError {
        match error {
            ShopError::UnknownSku(_) => ToolExecutionError::not_found(error.to_string()),
            ShopError::Quantity { .. } => ToolExecutionError::invalid_args(error.to_string()),
        }
    }

    async fn call(&self, order: Order) -> Result<Cart, ShopError> {
        let cart = self.0.add(order)?;
        tracing::info!(lines = cart.lines.len(), total_cents = cart.total_cents, "cart changed");
        Ok(cart)
    }
}
