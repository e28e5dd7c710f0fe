async (button, kernel) => {
  // asks the notebook server to interrupt the kernel, as the ■ button does
  button.disabled = true;
  button.textContent = "Stopping …";
  try {
    const config = JSON.parse(document.getElementById("jupyter-config-data").textContent);
    const cookie = document.cookie.match("\\b_xsrf=([^;]*)"), headers = {};
    if (config.token) headers.Authorization = "token " + config.token;
    if (cookie) headers["X-XSRFToken"] = cookie[1];
    const url = config.baseUrl + "api/kernels/" + kernel + "/interrupt";
    const answer = await fetch(url, {method: "POST", headers});
    if (!answer.ok) throw answer.status;
  } catch (e) {
    button.textContent = "Not from here: press ■ (interrupt the kernel)";
  }
}
